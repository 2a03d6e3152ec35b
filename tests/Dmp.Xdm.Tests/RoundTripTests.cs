using CsCheck;
using Dmp.Document.V1;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Xdm.Tests;

/// <summary>What the contract holds goes through XDS and comes back the same, without a warning.</summary>
public sealed class RoundTripTests
{
    private const string EntryUuid = "urn:uuid:0a1d2c3b-0000-4000-8000-000000000002";

    private static readonly Gen<string> text = Gen.Char["abcdeé ^|~\\&<>\"'\n\tF\u20ACS"].Array[0, 20].Select(
        letters => new string(letters).Trim());

    private static readonly Gen<string> word = text.Where(value => value.Length > 0);

    private static readonly Gen<string> oid = Gen.Int[1, 9999].Select(number => FormattableString.Invariant($"1.2.250.1.{number}"));

    private static readonly Gen<Coding> coding = Gen.Select(oid, Gen.Int[0, 999], text)
        .Select(
            (system, code, display) => new Coding { System = system, Code = FormattableString.Invariant($"C-{code}"), Display = display });

    private static readonly Gen<Timestamp> time = Gen.Long[0, 4_000_000_000].Select(seconds => new Timestamp { Seconds = seconds });

    private static readonly Gen<Person> person = Gen.Select(OneOf("", "810001234567"), word, text)
        .Select((id, family, given) => new Person { Id = id, FamilyName = family, GivenName = given });

    private static readonly Gen<Institution> institution = Gen.Select(OneOf("", "1750803447"), word)
        .Select((id, name) => new Institution { Id = id, Name = name });

    private static readonly Gen<Author> author = Gen.Select(
        Maybe(person), institution, text, Maybe(coding)).Select((who, where, role, specialty) =>
        new Author { Person = who, Institution = where, Role = role, Specialty = specialty });

    private static readonly Gen<LocalIdentifier> identifier = Gen.Select(word, OneOf("", "1.2.250.1.999.3"))
        .Select((value, system) => new LocalIdentifier { Value = value, System = system });

    private static readonly Gen<Reference> reference = Gen.Select(identifier, word)
        .Select((id, kind) => new Reference { Id = id, Kind = kind });

    private static readonly Gen<SubmissionSetMetadata> set = Gen.Select(
        Gen.Select(text, text, word, oid, Maybe(coding)), author.Array[0, 3],
        Maybe(time)).Select((a, authors, submitted) => new SubmissionSetMetadata
        {
            Title = a.Item1,
            Comments = a.Item2,
            UniqueId = a.Item3,
            SourceId = a.Item4,
            ContentType = a.Item5,
            Authors = { authors },
            SubmissionTime = submitted,
            EntryUuid = EntryUuid,
        });

    private static readonly Gen<DocumentMetadata> metadata = Gen.Select(
        Gen.Select(text, text, word, Maybe(coding), Maybe(coding), Maybe(coding), Maybe(coding)),
        Gen.Select(Maybe(time), Maybe(time), Maybe(time), Maybe(person), author.Array[0, 3], coding.Array[0, 4]),
        Gen.Select(OneOf("", "N", "R", "V"), Maybe(identifier), reference.Array[0, 3])).Select((a, b, c) => new DocumentMetadata
        {
            Title = a.Item1,
            Comments = a.Item2,
            UniqueId = a.Item3,
            Type = a.Item4,
            Format = a.Item5,
            PracticeSetting = a.Item6,
            FacilityType = a.Item7,
            CreationTime = b.Item1,
            ServiceStartTime = b.Item2,
            ServiceStopTime = b.Item3,
            LegalAuthenticator = b.Item4,
            Authors = { b.Item5 },
            EventCodes = { b.Item6 },
            MediaType = "text/plain",
            LanguageCode = "fr-FR",
            Confidentiality = c.Item1.Length == 0 ? null : new Coding { System = "2.16.840.1.113883.5.25", Code = c.Item1 },
            SourcePatientId = c.Item2,
            References = { c.Item3 },
            EntryUuid = EntryUuid,
        });

    [Fact]
    public void Metadata_come_back_as_they_were() => Gen.Select(metadata, Gen.Int[0, 7]).Sample(
        (given, hidden) =>
        {
            List<VisibilityCode> codes =
            [
                .. System.Enum.GetValues<VisibilityCode>()
                    .Where(code => code != VisibilityCode.Unspecified && (hidden & (1 << ((int)code - 1))) != 0),
            ];
            Ins patient = new() { Number = "279035121518989", System = "1.2.250.1.213.1.4.10" };
            var entry = EntryWriting.ToXds(EntryUuid, given, codes, patient);
            using MemoryStream xml = new(Media.Metadata(entry));

            var mapped = EntryReading.ToContract(Assert.Single(XdsReader.Read(xml, "METADATA.XML").Entries));

            Assert.Empty(mapped.Warnings);
            Assert.Equal(given, mapped.Metadata);
            Assert.Equal(codes, mapped.VisibilityCodes);
            Assert.Equal(patient, mapped.Patient);
        },
        iter: 2000);

    [Fact]
    public void Submission_sets_come_back_as_they_were() => set.Sample(
        given =>
        {
            using MemoryStream xml = new();
            using (XdsWriter writer = new(xml))
            {
                writer.Finish(
                    SetWriting.ToXds(EntryUuid, given, new Ins { Number = "279035121518989", System = "1.2.250.1.213.1.4.10" }), []);
            }

            xml.Position = 0;
            var mapped = SetReading.ToContract(XdsReader.Read(xml, "METADATA.XML"));
            Assert.Empty(mapped.Warnings);
            Assert.Equal(given, mapped.Metadata);
        },
        iter: 1000);

    [Fact]
    public void Text_that_is_no_xml_is_written_all_the_same()
    {
        DocumentMetadata given = new() { Title = "a\u0001b\uD800c\U0001F600", UniqueId = "1.2" };
        using MemoryStream xml = new(Media.Metadata(EntryWriting.ToXds("Document01", given, [], null)));
        Assert.Equal("a\uFFFDb\uFFFDc\U0001F600", Assert.Single(XdsReader.Read(xml, "METADATA.XML").Entries).Title);
    }

    private static Gen<string> OneOf(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<T?> Maybe<T>(Gen<T> gen)
        where T : class => Gen.Select(Gen.Bool, gen).Select((isThere, value) => isThere ? value : null);
}
