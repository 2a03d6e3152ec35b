using Dmp.Server.Calls;
using Dmp.Server.Options;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Dmp.Server.Identity;

/// <summary>
/// Builds the <see cref="Caller"/> from the claims of a verified token of one issuer. What is missing or wrong is refused under
/// the name of its claim; nothing is guessed.
/// </summary>
internal sealed class CallerReader(IssuerOptions issuer, Realm realm)
{
    private const string AuthorizedParty = "azp";

    private readonly ClaimNames names = issuer.Claims;

    public Caller Read(TokenClaims claims)
    {
        var roles = claims.Texts(names.Roles).ToHashSet(StringComparer.Ordinal);
        var caller = new Caller
        {
            Kind = KindOf(claims, roles),
            Subject = $"{claims.Identifier(JwtRegisteredClaimNames.Iss)}|{claims.Identifier(JwtRegisteredClaimNames.Sub)}",
            GivenName = claims.Text(names.GivenName),
            FamilyName = claims.Text(names.FamilyName),
            SoftwareId = claims.Text(names.ClientId) ?? claims.Text(AuthorizedParty),
            Roles = roles,
        };
        return caller.Kind switch
        {
            CallerKind.Professional => Professional(caller, claims),
            CallerKind.Structure => Structure(caller, claims),
            CallerKind.Patient => Patient(caller, claims),
            CallerKind.Representative => Representative(caller, claims),
            CallerKind.Operator or CallerKind.Auditor => caller,
            _ => throw new InvalidOperationException($"No claims are known for {caller.Kind}."),
        };
    }

    private CallerKind KindOf(TokenClaims claims, HashSet<string> roles)
    {
        if (issuer.KindClaim is { } claim)
        {
            var named = claims.RequiredText(claim);
            return issuer.CallerKinds.Where(kind => NameOf(kind) == named).ToArray() is [var vouched]
                ? vouched
                : throw TokenClaims.Invalid(claim);
        }

        if (issuer.RoleKinds.Count > 0)
        {
            // A person with the roles of two kinds must choose: the wider rights of both are not what either was given for.
            return issuer.RoleKinds.Where(pair => roles.Contains(pair.Key)).Select(pair => pair.Value).Distinct().ToArray() switch
            {
                [var only] => only,
                _ => throw (roles.Count == 0 ? TokenClaims.Missing(names.Roles) : TokenClaims.Invalid(names.Roles)),
            };
        }

        return issuer.CallerKinds.Single();
    }

    /// <summary>How <see cref="IssuerOptions.KindClaim"/> writes a kind.</summary>
    private static string NameOf(CallerKind kind) => kind switch
    {
        CallerKind.Professional => "professional",
        CallerKind.Structure => "structure",
        CallerKind.Patient => "patient",
        CallerKind.Representative => "representative",
        CallerKind.Operator => "operator",
        CallerKind.Auditor => "auditor",
        _ => throw new InvalidOperationException($"{kind} has no name."),
    };

    private Caller Professional(Caller caller, TokenClaims claims)
    {
        var id = claims.RequiredText(names.ProfessionalId);
        if (id is not ['8', .. { Length: 11 } rpps] || !IsRpps(rpps))
        {
            throw TokenClaims.Invalid(names.ProfessionalId);
        }

        var situation = WorkSituations.One(claims, names);
        if (situation.Finess is { } finess && !IsFiness(finess))
        {
            throw TokenClaims.Invalid(names.WorkSituations);
        }

        return caller with
        {
            ProfessionalId = id,
            FamilyName = situation.FamilyName ?? caller.FamilyName ?? throw TokenClaims.Missing(names.FamilyName),
            GivenName = situation.GivenName ?? caller.GivenName ?? throw TokenClaims.Missing(names.GivenName),
            ProfessionCode = situation.ProfessionCode,
            ProfessionSystem = situation.ProfessionSystem,
            SpecialtyCode = situation.SpecialtyCode,
            StructureId = situation.StructureId,
            StructureName = situation.StructureName,
            SectorCode = situation.SectorCode,
            Authentication = AuthenticationOf(claims, AuthenticationMode.Direct),
            MayRegulate = MayRegulate(claims),
        };
    }

    private Caller Structure(Caller caller, TokenClaims claims)
    {
        var id = claims.RequiredText(names.StructureId);
        if (id is not ['1', .. var finess] || !IsFiness(finess))
        {
            throw TokenClaims.Invalid(names.StructureId);
        }

        // Without a person in the token nobody authenticated but the structure.
        var staffId = claims.Text(names.StaffId);
        var authentication = AuthenticationOf(claims, staffId is null ? AuthenticationMode.Indirect : AuthenticationMode.Direct);
        return caller with
        {
            StructureId = id,
            StructureName = claims.RequiredText(names.StructureName),
            StaffId = staffId,
            Authentication = staffId is null && authentication != AuthenticationMode.Indirect
                ? throw TokenClaims.Invalid(names.AuthenticationMode)
                : authentication,
            MayRegulate = MayRegulate(claims),
        };
    }

    private AuthenticationMode AuthenticationOf(TokenClaims claims, AuthenticationMode absent) =>
        claims.Text(names.AuthenticationMode) switch
        {
            null => absent,
            "DIRECTE" => AuthenticationMode.Direct,
            "INDIRECTE" => AuthenticationMode.Indirect,
            "INDIRECTE_RENFORCEE" => AuthenticationMode.IndirectReinforced,
            _ => throw TokenClaims.Invalid(names.AuthenticationMode),
        };

    private bool MayRegulate(TokenClaims claims) => claims.Text(names.MayRegulate) switch
    {
        null or "FAUX" => false,
        "VRAI" => true,
        _ => throw TokenClaims.Invalid(names.MayRegulate),
    };

    private Caller Patient(Caller caller, TokenClaims claims)
    {
        var ins = claims.RequiredText(names.Ins);
        if (!IsIns(ins))
        {
            throw TokenClaims.Invalid(names.Ins);
        }

        return WithoutInsInSubject(caller with { Ins = ins }, [ins]);
    }

    private Caller Representative(Caller caller, TokenClaims claims)
    {
        var represented = claims.Texts(names.RepresentedIns).Distinct(StringComparer.Ordinal).ToArray();
        if (represented.Length == 0)
        {
            throw TokenClaims.Missing(names.RepresentedIns);
        }

        if (!represented.All(IsIns))
        {
            throw TokenClaims.Invalid(names.RepresentedIns);
        }

        return WithoutInsInSubject(caller with { RepresentedIns = represented }, represented);
    }

    /// <summary>The subject is written to the trace and to request ids, where an INS has no place.</summary>
    private static Caller WithoutInsInSubject(Caller caller, string[] numbers) =>
        numbers.Any(ins => caller.Subject.Contains(ins[..13], StringComparison.Ordinal))
            ? throw TokenClaims.Invalid(JwtRegisteredClaimNames.Sub)
            : caller;

    // Check digits count outside the test realm only, because many published test numbers break them. The shape always counts.
    private bool IsRpps(string rpps) => realm == Realm.Test ? rpps.All(char.IsAsciiDigit) : NationalIds.RppsIsValid(rpps);

    private bool IsFiness(string finess) =>
        finess.Length == 9
        && (realm == Realm.Test ? finess.All(char.IsAsciiLetterOrDigit) : NationalIds.FinessIsValid(finess));

    private bool IsIns(string ins) =>
        ins.Length == 15 && (realm == Realm.Test ? ins.Select(IsInsCharacter).All(fits => fits) : NationalIds.InsKeyIsValid(ins));

    /// <summary>A digit, or the letter of a Corsican department in the seventh place.</summary>
    private static bool IsInsCharacter(char character, int index) =>
        char.IsAsciiDigit(character) || (index == 6 && character is ('A' or 'B'));
}
