namespace Dmp.Storage;

/// <summary>Where a server keeps its files when no setting names a directory.</summary>
public static class DataDirectory
{
    /// <summary>
    /// DMP_DATA, else <c>/var/lib/dmp</c> for root, else <c>$XDG_STATE_HOME/dmp</c> or <c>~/.local/state/dmp</c>.
    /// </summary>
    public static string Default()
    {
        if (Environment.GetEnvironmentVariable("DMP_DATA") is { Length: > 0 } chosen)
        {
            return Path.GetFullPath(chosen);
        }

        if (Environment.IsPrivilegedProcess)
        {
            return "/var/lib/dmp";
        }

        return Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } state && Path.IsPathRooted(state)
            ? Path.Combine(state, "dmp")
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "dmp");
    }
}
