using Dmp.Server.Calls;

namespace Dmp.Server.Options;

/// <summary>How the tokens of an issuer are validated.</summary>
internal enum TokenValidation
{
    /// <summary>OpenID Connect discovery: Pro Santé Connect, the patients' identity provider, the sandbox issuer.</summary>
    Oidc,

    /// <summary>Microsoft Entra ID, with the validators of Microsoft.Identity.Web.</summary>
    Entra,
}

/// <summary>Whose tokens are accepted, section <c>Dmp:Identity</c>. Nothing here has a default that trusts anybody.</summary>
internal sealed record IdentityOptions
{
    public const string Section = "Dmp:Identity";

    public IReadOnlyList<IssuerOptions> Issuers { get; init; } = [];

    /// <summary>Longest time from the issue of a token to its end; what is valid for longer is refused. Default one day.</summary>
    public TimeSpan TokenLifetimeMax { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>One issuer, section <c>Dmp:Identity:Issuers:n</c>.</summary>
internal sealed record IssuerOptions
{
    /// <summary>Short name for logs and configuration.</summary>
    public string Name { get; init; } = "";

    public TokenValidation Validation { get; init; } = TokenValidation.Oidc;

    /// <summary>
    /// Address under which <c>.well-known/openid-configuration</c> is found. For Entra the instance, such as
    /// <c>https://login.microsoftonline.com</c>.
    /// </summary>
    public string Authority { get; init; } = "";

    /// <summary>The exact <c>iss</c> of the tokens; the authority where absent. Entra derives its own from the tenant.</summary>
    public string? Issuer { get; init; }

    /// <summary>The exact <c>aud</c> of the tokens: this platform, as the issuer knows it.</summary>
    public string Audience { get; init; } = "";

    /// <summary>Entra only: id (GUID) of the tenant. One tenant, never <c>common</c>.</summary>
    public string? TenantId { get; init; }

    /// <summary>Entra only: id of this platform's application registration.</summary>
    public string? ClientId { get; init; }

    /// <summary>What callers this issuer may vouch for.</summary>
    public IReadOnlyList<CallerKind> CallerKinds { get; init; } = [];

    /// <summary>Claim that names the kind in lower case; needed when the issuer vouches for more than one.</summary>
    public string? KindClaim { get; init; }

    /// <summary>Entra only: the kind that an application role stands for.</summary>
    public IReadOnlyDictionary<string, CallerKind> RoleKinds { get; init; } = new Dictionary<string, CallerKind>();

    /// <summary>Default true. False is for an issuer on loopback.</summary>
    public bool RequireHttpsMetadata { get; init; } = true;

    /// <summary>True when a token without <c>cnf.x5t#S256</c> (RFC 8705) is refused. A token that has one is always checked.</summary>
    public bool RequireCertificateBinding { get; init; }

    public ClaimNames Claims { get; init; } = new();

    /// <summary>The values of <c>iss</c> that lead to this issuer.</summary>
    public IReadOnlyList<string> IssuerValues => Validation switch
    {
        // Version 2 and version 1 of Entra's access tokens; which one comes is a setting of the application registration.
        TokenValidation.Entra =>
        [
            $"{Authority.TrimEnd('/')}/{TenantId?.ToLowerInvariant()}/v2.0",
            $"https://sts.windows.net/{TenantId?.ToLowerInvariant()}/",
        ],
        _ => [Issuer ?? Authority],
    };
}

/// <summary>Names of the claims. The defaults are those of Pro Santé Connect, and the sandbox's where it has none.</summary>
internal sealed record ClaimNames
{
    /// <summary>National identifier of the professional: <c>8</c> and the RPPS number.</summary>
    public string ProfessionalId { get; init; } = "SubjectNameID";

    /// <summary>
    /// How the caller authenticated: <c>DIRECTE</c>, <c>INDIRECTE</c> or <c>INDIRECTE_RENFORCEE</c>. Where it is absent a person
    /// (professional or named staff) authenticated directly, and a structure without one indirectly.
    /// </summary>
    public string AuthenticationMode { get; init; } = "Authentification_mode";

    public string GivenName { get; init; } = "given_name";

    public string FamilyName { get; init; } = "family_name";

    /// <summary>Professions and places of work (<i>exercices</i> with their <i>activities</i>).</summary>
    public string WorkSituations { get; init; } = "SubjectRefPro";

    /// <summary>The structure of the work situation chosen at login.</summary>
    public string ChosenStructure { get; init; } = "SubjectOrganizationID";

    /// <summary><c>VRAI</c> when the professional or structure may act for a regulation centre.</summary>
    public string MayRegulate { get; init; } = "Acces_Regulation_Medicale";

    public string StructureId { get; init; } = "structure_id";

    public string StructureName { get; init; } = "structure_name";

    /// <summary>The person who acts for a structure, by the structure's own identifier.</summary>
    public string StaffId { get; init; } = "staff_id";

    public string Ins { get; init; } = "ins";

    public string RepresentedIns { get; init; } = "represented_ins";

    public string Roles { get; init; } = "roles";

    /// <summary>OAuth client; <c>azp</c> is read where it is absent.</summary>
    public string ClientId { get; init; } = "client_id";
}
