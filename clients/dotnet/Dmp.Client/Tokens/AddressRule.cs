namespace Dmp.Client;

/// <summary>Addresses are shown in errors and logs, so nobody's password is in one.</summary>
internal static class AddressRule
{
    /// <summary>The address has no user and password in front of the host.</summary>
    public static bool HoldsNoSecret(Uri address) => !address.IsAbsoluteUri || address.UserInfo.Length == 0;

    /// <summary>The address as it may be shown, also before it was checked.</summary>
    public static string Shown(Uri address) => address.IsAbsoluteUri
        ? address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : "(no address)";
}
