using System.Globalization;
using System.Text.Json;
using Dmp.Record.V1;
using Dmp.Samples;
using Dmp.Type.V1;

namespace Dmp.Story;

/// <summary>
/// What the issuer says about a persona. Professionals carry the claims of Pro Santé Connect, patients their INS with its
/// five strict traits.
/// </summary>
internal sealed class UserInfo(JsonElement claims)
{
    /// <summary>National identifier of a professional (PS_IdNat).</summary>
    public string ProfessionalId => Text("SubjectNameID");

    /// <summary>National identifier of the structure of the work situation (Struct_IdNat).</summary>
    public string StructureId => Text("SubjectOrganizationID");

    public string StructureName => Text("SubjectOrganization");

    public string FamilyName => Text("family_name");

    public Actor Actor => new() { Kind = ActorKind.Professional, Id = ProfessionalId };

    public Ins Ins => new() { Number = Text("ins"), System = Text("ins_system") };

    public IdentityTraits Traits => new()
    {
        BirthFamilyName = Text("birth_family_name"),
        BirthGivenNames = { GivenNames },
        BirthDate = Text("birth_date"),
        Sex = Text("sex") == "F" ? Sex.Female : Sex.Male,
        BirthPlaceCode = Text("birth_place_code"),
    };

    public SamplePatient SamplePatient => new(
        Text("ins"),
        Text("ins_system"),
        Text("birth_family_name"),
        string.Join(' ', GivenNames),
        DateOnly.ParseExact(Text("birth_date"), "yyyy-MM-dd", CultureInfo.InvariantCulture),
        Text("sex"),
        Text("birth_place_code"));

    /// <summary>The person as the author of made documents, from the first work situation.</summary>
    public SampleAuthor SampleAuthor
    {
        get
        {
            var practice = Claim("SubjectRefPro").GetProperty("exercices")[0];
            var activity = practice.GetProperty("activities")[0];
            return new SampleAuthor(
                ProfessionalId,
                FamilyName,
                Text("given_name"),
                practice.GetProperty("codeProfession").GetString()!,
                practice.TryGetProperty("codeSavoirFaire", out var specialty) ? specialty.GetString() : null,
                StructureId,
                StructureName,
                activity.GetProperty("codeSecteurDactivite").GetString()!);
        }
    }

    private IEnumerable<string> GivenNames => Claim("birth_given_names").EnumerateArray().Select(name => name.GetString()!);

    private string Text(string name) => Claim(name).GetString()!;

    private JsonElement Claim(string name) => claims.TryGetProperty(name, out var value)
        ? value
        : throw new InvalidDataException($"the issuer's userinfo has no claim {name}");
}
