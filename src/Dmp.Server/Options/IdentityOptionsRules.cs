using Dmp.Server.Calls;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Options;

/// <summary>Stops the server at start when an issuer is configured in a way that would trust too much or accept nothing.</summary>
internal sealed class IdentityOptionsRules : IValidateOptions<IdentityOptions>
{
    public ValidateOptionsResult Validate(string? name, IdentityOptions options)
    {
        var faults = Faults(options).ToArray();
        return faults.Length == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    public static IEnumerable<string> Faults(IdentityOptions options)
    {
        const string list = $"{IdentityOptions.Section}:{nameof(IdentityOptions.Issuers)}";
        if (options.Issuers.Count == 0)
        {
            yield return $"{list} is empty: without an issuer nobody could call.";
        }

        if (options.TokenLifetimeMax < TimeSpan.FromMinutes(1) || options.TokenLifetimeMax > TimeSpan.FromDays(365))
        {
            yield return $"{IdentityOptions.Section}:{nameof(IdentityOptions.TokenLifetimeMax)} must be between one minute and 365 days.";
        }

        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var values = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < options.Issuers.Count; i++)
        {
            var issuer = options.Issuers[i];
            var key = $"{list}:{i}";
            foreach (var fault in Common(issuer, key).Concat(Kinds(issuer, key)).Concat(Claims(issuer.Claims, key)))
            {
                yield return fault;
            }

            foreach (var fault in issuer.Validation == TokenValidation.Entra ? Entra(issuer, key) : Oidc(issuer, key))
            {
                yield return fault;
            }

            if (!names.Add(issuer.Name))
            {
                yield return $"{key}:Name is used by another issuer.";
            }

            if (issuer.IssuerValues.Any(value => !values.Add(value)))
            {
                yield return $"{key}:Issuer (by default its Authority) is the issuer of another entry.";
            }
        }
    }

    private static IEnumerable<string> Common(IssuerOptions issuer, string key)
    {
        if (string.IsNullOrWhiteSpace(issuer.Name))
        {
            yield return $"{key}:Name must be set.";
        }

        if (string.IsNullOrWhiteSpace(issuer.Audience))
        {
            yield return $"{key}:Audience must be set: a token for another service must not open this one.";
        }

        if (!Uri.TryCreate(issuer.Authority, UriKind.Absolute, out var authority) || authority.Scheme is not ("https" or "http"))
        {
            yield return $"{key}:Authority must be an absolute https address.";
        }
        else if (issuer.RequireHttpsMetadata && authority.Scheme != "https")
        {
            yield return $"{key}:Authority must use https; only an issuer on loopback may set RequireHttpsMetadata to false.";
        }
        else if (!issuer.RequireHttpsMetadata && !authority.IsLoopback)
        {
            yield return $"{key}:RequireHttpsMetadata may be false only when Authority is a loopback address.";
        }
    }

    private static IEnumerable<string> Kinds(IssuerOptions issuer, string key)
    {
        if (issuer.CallerKinds.Count == 0)
        {
            yield return $"{key}:CallerKinds must name at least one kind of caller.";
        }

        if (issuer.CallerKinds.Any(kind => !Enum.IsDefined(kind)))
        {
            yield return $"{key}:CallerKinds must hold only {string.Join(", ", Enum.GetNames<CallerKind>())}.";
        }

        if (issuer.CallerKinds.Distinct().Count() != issuer.CallerKinds.Count)
        {
            yield return $"{key}:CallerKinds names a kind twice.";
        }

        if (issuer.KindClaim is { } claim && string.IsNullOrWhiteSpace(claim))
        {
            yield return $"{key}:KindClaim must be the name of a claim, or be left out.";
        }

        if (issuer.CallerKinds.Count > 1 && issuer.KindClaim is null && issuer.RoleKinds.Count == 0)
        {
            yield return $"{key}:KindClaim must be set, because CallerKinds names more than one kind.";
        }

        foreach (var (role, kind) in issuer.RoleKinds)
        {
            if (!issuer.CallerKinds.Contains(kind))
            {
                yield return $"{key}:RoleKinds:{role} is a kind that CallerKinds does not name.";
            }
        }
    }

    private static IEnumerable<string> Entra(IssuerOptions issuer, string key)
    {
        if (!Guid.TryParseExact(issuer.TenantId, "D", out _))
        {
            yield return $"{key}:TenantId must be the id (a GUID) of one tenant.";
        }

        if (string.IsNullOrWhiteSpace(issuer.ClientId))
        {
            yield return $"{key}:ClientId must be the id of this platform's application registration.";
        }

        if (issuer.Issuer is not null)
        {
            yield return $"{key}:Issuer must be left out for Entra, where it follows from TenantId.";
        }

        if (issuer.RoleKinds.Count > 0 && issuer.KindClaim is not null)
        {
            yield return $"{key}:KindClaim and RoleKinds exclude each other.";
        }
    }

    private static IEnumerable<string> Oidc(IssuerOptions issuer, string key)
    {
        if (issuer.Issuer is { } value && string.IsNullOrWhiteSpace(value))
        {
            yield return $"{key}:Issuer must be the exact iss of the tokens, or be left out.";
        }

        if (issuer.TenantId is not null || issuer.ClientId is not null || issuer.RoleKinds.Count > 0)
        {
            yield return $"{key}:TenantId, ClientId and RoleKinds are for Validation = Entra only.";
        }
    }

    private static IEnumerable<string> Claims(ClaimNames claims, string key)
    {
        foreach (var property in typeof(ClaimNames).GetProperties().Where(p => p.PropertyType == typeof(string)))
        {
            if (string.IsNullOrWhiteSpace((string?)property.GetValue(claims)))
            {
                yield return $"{key}:Claims:{property.Name} must be the name of a claim.";
            }
        }
    }
}
