using System.Text.Json;

namespace Dmp.Story;

/// <summary>
/// What the issuer says about a persona. Professionals carry the claims of Pro Santé Connect, patients those of
/// FranceConnect and their INS. A claim may be a text, or an object or list that holds it.
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
}
