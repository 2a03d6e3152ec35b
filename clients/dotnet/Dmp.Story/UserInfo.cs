using System.Text.Json;

namespace Dmp.Story;

/// <summary>
/// What the issuer says about a persona. Professionals carry the claims of Pro Santé Connect, patients their INS and the
/// five strict traits.
/// </summary>
internal sealed class UserInfo(JsonElement claims)
{
    public string? Text(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            {
                return text;
            }
        }
        return null;
    }

    /// <exception cref="InvalidDataException">The issuer gives none of the claims.</exception>
    public string Required(params ReadOnlySpan<string> names) =>
        Text(names) ?? throw new InvalidDataException(
            $"the issuer's userinfo has no claim {string.Join(" or ", names.ToArray())}; it has {string.Join(", ", claims.EnumerateObject().Select(claim => claim.Name))}");

    /// <summary>National identifier of a professional (PS_IdNat).</summary>
    public string ProfessionalId => Required("SubjectNameID", "preferred_username");

    /// <summary>National identifier of the structure of the work situation (Struct_IdNat).</summary>
    public string StructureId => Required("SubjectOrganizationID");

    public string StructureName => Required("SubjectOrganization");

    /// <summary>INS of a patient, with its key.</summary>
    public string Ins => Required("ins");

    /// <summary>OID of the authority that assigned the INS.</summary>
    public string InsSystem => Required("ins_system");

    public string BirthFamilyName => Required("birth_family_name");

    public IReadOnlyList<string> BirthGivenNames =>
        [.. claims.GetProperty("birth_given_names").EnumerateArray().Select(name => name.GetString()!)];

    /// <summary><c>YYYY-MM-DD</c>.</summary>
    public string BirthDate => Required("birth_date");

    /// <summary><c>F</c> or <c>M</c>.</summary>
    public string Sex => Required("sex");

    /// <summary>INSEE code of the commune.</summary>
    public string BirthPlaceCode => Required("birth_place_code");
}
