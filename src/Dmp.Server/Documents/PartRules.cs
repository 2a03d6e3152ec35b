using Dmp.Document.V1;
using Dmp.Server.Errors;
using Dmp.Type.V1;
using Google.Protobuf.Collections;

namespace Dmp.Server.Documents;

/// <summary>Rules on the parts that the metadata of documents and of submission sets share.</summary>
internal static class PartRules
{
    public static void CheckCoding(Coding? coding, string field, FieldFaults faults)
    {
        if (coding is not null)
        {
            faults.Text(coding.System, field + ".system", 64);
            faults.Text(coding.Code, field + ".code", 64);
            faults.Text(coding.Display, field + ".display", 256);
            faults.Require(
                !coding.System.Contains('|', StringComparison.Ordinal) && !coding.Code.Contains('|', StringComparison.Ordinal),
                field,
                "Must not contain the character |.");
        }
    }

    public static void CheckIdentifier(LocalIdentifier? identifier, string field, FieldFaults faults)
    {
        if (identifier is not null)
        {
            faults.Text(identifier.Value, field + ".value", 128);
            faults.Text(identifier.System, field + ".system", 64);
        }
    }

    public static void CheckEntryUuid(string entryUuid, FieldFaults faults) => faults.Require(
        entryUuid.Length == 0
            || entryUuid.StartsWith("urn:uuid:", StringComparison.Ordinal) && Guid.TryParseExact(entryUuid.AsSpan(9), "D", out _),
        "metadata.entry_uuid",
        "Must be urn:uuid: and a UUID.");

    public static void CheckAuthors(RepeatedField<Author> authors, FieldFaults faults)
    {
        faults.Require(authors.Count <= 20, "metadata.authors", "Must have at most 20 authors.");
        for (var i = 0; i < authors.Count; i++)
        {
            var author = authors[i];
            var field = $"metadata.authors[{i}]";
            faults.Require(author.Person is not null || author.Institution is not null, field, "Must have a person or an institution.");
            CheckPerson(author.Person, field + ".person", faults);
            faults.Text(author.Institution?.Id ?? "", field + ".institution.id", 64);
            faults.Text(author.Institution?.Name ?? "", field + ".institution.name", 256);
            faults.Text(author.Role, field + ".role", 100);
            CheckCoding(author.Specialty, field + ".specialty", faults);
        }
    }

    public static void CheckPerson(Person? person, string field, FieldFaults faults)
    {
        if (person is not null)
        {
            faults.Text(person.Id, field + ".id", 64);
            faults.Text(person.FamilyName, field + ".family_name", 100);
            faults.Text(person.GivenName, field + ".given_name", 100);
        }
    }
}
