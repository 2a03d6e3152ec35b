using Dmp.Cda;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Header;

/// <summary>What the bundle and its composition say of the document.</summary>
internal sealed class HeaderReader
{
    private const string Confidentiality = "2.16.840.1.113883.5.25";
    private const string VersionNumber = "http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber";
    private const string TypeCodes = "2.16.840.1.113883.12.203";
    private const int PartsMax = 200;

    // What may be there once (FHIR R4), and decides whose document it is and what it is.
    private static readonly string[] onceInBundle = ["identifier", "type", "timestamp"];
    private static readonly string[] onceInComposition =
        ["identifier", "status", "type", "subject", "encounter", "date", "title", "confidentiality"];
    private static readonly string[] onceInPatient = ["birthDate", "gender", "id"];
    private static readonly string[] onceInReference = ["reference", "identifier"];
    private static readonly string[] onceInIdentifier = ["system", "value"];
    private static readonly string[] onceInEntry = ["fullUrl", "resource"];

    private static readonly string[] signingModes = ["legal", "official", "professional"];

    private readonly FhirBundle bundle;
    private readonly Faults faults;
    private readonly FhirNode composition;
    private readonly HeaderValues values;
    private readonly HeaderPeople people;

    private HeaderReader(FhirBundle bundle)
    {
        (this.bundle, faults, composition) = (bundle, bundle.Faults, bundle.Composition);
        values = new HeaderValues(faults);
        people = new HeaderPeople(bundle, values);
    }

    public static FhirDocumentHeader Read(FhirBundle bundle)
    {
        var reader = new HeaderReader(bundle);
        reader.RequireOnce();
        var header = reader.Parts();
        reader.TellMissing(header);
        return header;
    }

    private FhirDocumentHeader Parts()
    {
        var (ofBundle, ofComposition) = (values.Id(bundle.Root.Find("identifier")), values.Id(composition.Find("identifier")));
        var type = HeaderValues.Code(composition.Find("type"), prefersLoinc: true);
        var created = values.Time(bundle.Root.Find("timestamp")) ?? values.Time(composition.Find("date"));
        var events = Events();
        var encounter = Encounter();
        var orders = new HeaderOrders(bundle, values);
        var service = new HeaderService(bundle, values).Read(events, encounter, created);
        var related = Related();
        return new FhirDocumentHeader
        {
            Format = bundle.Format,
            Id = ofBundle ?? ofComposition,
            UniqueId = FhirSystems.UniqueIdOf(ofBundle ?? ofComposition),
            SetId = ofBundle is null ? null : ofComposition,
            VersionNumber = composition.Extension(VersionNumber)?.Choice("value") is (var said, "String" or "Integer" or "PositiveInt")
                ? Number(said)
                : null,
            Status = Status(),
            Type = type,
            Category = composition.Of("category").Select(category => HeaderValues.Code(category)).FirstOrDefault(code => code is not null),
            ClassCode = CdaMetadata.From(new CdaDocument { Type = type }).ClassCode,
            Title = HeaderValues.Text(composition["title"]),
            LanguageCode = Language(composition.Find("language")) ?? Language(bundle.Root.Find("language")),
            Confidentiality = Confidential(),
            CreationTime = created,
            ServiceStartTime = service.Start,
            ServiceStopTime = service.Stop,
            Authors = Authors(),
            LegalAuthenticator = Signatory(),
            Custodian = people.Structure(composition.Find("custodian")),
            Patient = Patient(),
            PatientPath = bundle.Peek(composition.Find("subject"))?.Path,
            Orders = orders.Orders(),
            AccessionNumbers = orders.AccessionNumbers(TypeCodes),
            ServiceEvents = events,
            EventCodes =
            [
                .. events.Select(act => act.Code).OfType<CdaCode>().SelectMany(code => code.Translations.Prepend(code))
                    .DistinctBy(code => (code.System, code.Code)).Select(code => code with { Translations = [] }),
            ],
            Encounter = encounter,
            RelatedDocuments = related,
            ReplacedIds =
            [
                .. related.Where(document => document.Relation == "RPLC").SelectMany(document => document.Ids)
                    .Select(FhirSystems.UniqueIdOf).OfType<string>().Distinct(),
            ],
        };
    }

    /// <exception cref="FhirRefusedException">The header cannot be believed.</exception>
    private void RequireOnce()
    {
        var subject = composition.Find("subject");
        if (Repeated(subject) is { } repeated)
        {
            throw new FhirRefusedException(FhirFaultKind.Repeated, repeated.Path, "What may be there once is there twice.");
        }

        if (bundle.IsRepeated(subject))
        {
            throw new FhirRefusedException(
                FhirFaultKind.Repeated, subject!.Path, "Two entries have the address that the subject of the document leads to.");
        }
    }

    private FhirNode? Repeated(FhirNode? subject)
    {
        var patient = bundle.Peek(subject);
        return RepeatedIn(bundle.Root, onceInBundle)
            ?? RepeatedIn(composition, onceInComposition)
            ?? RepeatedIn(bundle.Root.Find("identifier"), onceInIdentifier)
            ?? RepeatedIn(composition.Find("identifier"), onceInIdentifier)
            ?? RepeatedIn(composition.Parent, onceInEntry)
            ?? RepeatedIn(subject, onceInReference)
            ?? RepeatedIn(patient, onceInPatient)
            ?? (patient?.Parent is { Name: "entry" } entry ? RepeatedIn(entry, onceInEntry) : null)
            ?? (patient?.Name == "contained"
                ? patient.Parent!.Of("contained").Where(other => other["id"] == patient["id"]).Skip(1).FirstOrDefault()
                : null)
            ?? patient?.Of("identifier").Append(subject?.Find("identifier")).Select(id => RepeatedIn(id, onceInIdentifier))
                .FirstOrDefault(second => second is not null);
    }

    private static FhirNode? RepeatedIn(FhirNode? parent, string[] names) => parent is null ? null
        : names.Select(name => parent.Slots(name).Skip(1).FirstOrDefault()).FirstOrDefault(second => second is not null);

    private void TellMissing(FhirDocumentHeader header)
    {
        Require(header.Id is not null, "Bundle.identifier", "The document has no identifier.");
        Require(header.Type is not null, "Bundle.entry[0].resource.type", "The document has no type.");
        Require(header.Title is not null, "Bundle.entry[0].resource.title", "The document has no title.");
        Require(header.CreationTime is not null, "Bundle.timestamp", "The document does not say when it was written.");
        Require(header.Patient is not null, "Bundle.entry[0].resource.subject", "The document names no patient.");
        Require(header.Authors.Count > 0, "Bundle.entry[0].resource.author", "The document names no author.");
        if (header.Status == FhirDocumentStatus.EnteredInError)
        {
            faults.Add(FhirFaultKind.EnteredInError, composition, "The document says that it was entered in error.");
        }
    }

    private void Require(bool isThere, string path, string text)
    {
        if (!isThere)
        {
            faults.Add(FhirFaultKind.Missing, path, text);
        }
    }

    private FhirDocumentStatus Status() => composition["status"] switch
    {
        "preliminary" => FhirDocumentStatus.Preliminary,
        "final" => FhirDocumentStatus.Final,
        "amended" => FhirDocumentStatus.Amended,
        "entered-in-error" => FhirDocumentStatus.EnteredInError,
        _ => FhirDocumentStatus.Unknown,
    };

    private CdaCode? Confidential()
    {
        if (composition["confidentiality"] is { Length: > 0 } code)
        {
            return new CdaCode(code, Confidentiality, null);
        }

        return new[] { composition, bundle.Root }.SelectMany(resource => resource.Find("meta")?.Of("security") ?? [])
            .Select(HeaderValues.Coding).FirstOrDefault(label => label?.System == Confidentiality);
    }

    private string? Language(FhirNode? node)
    {
        if (node?.Value is not { } code)
        {
            return null;
        }

        if (code.Length is >= 2 and <= 35 && code.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            return code;
        }

        faults.Add(FhirFaultKind.Malformed, node, "The value is no language as in BCP 47, such as fr-FR.");
        return null;
    }

    private int? Number(FhirNode? node)
    {
        if (node?.Value is not { } written)
        {
            return null;
        }

        if (int.TryParse(written, System.Globalization.CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        faults.Add(FhirFaultKind.Malformed, node, "The value must be a whole number.");
        return null;
    }

    private IReadOnlyList<CdaAuthor> Authors() =>
    [
        .. composition.Of("author").Take(PartsMax).Select(people.Actor).OfType<CdaActor>()
            .Select(actor => new CdaAuthor(null, null, null, actor)),
    ];

    private CdaAuthenticator? Signatory()
    {
        foreach (var mode in signingModes)
        {
            foreach (var attester in composition.Of("attester").Where(attester => attester["mode"] == mode))
            {
                if (people.Actor(attester.Find("party")) is { } actor)
                {
                    return new CdaAuthenticator(values.Time(attester.Find("time")), actor);
                }
            }
        }

        return null;
    }

    private CdaPatient? Patient()
    {
        var reference = composition.Find("subject");
        var resource = bundle.Resolve(reference);
        if (resource is { Type: "Patient" })
        {
            // An identifier beside the reference is one more, so that it cannot name somebody else.
            var patient = people.Patient(resource);
            return values.Id(reference?.Find("identifier")) is { } beside && !patient.Ids.Contains(beside)
                ? patient with { Ids = [.. patient.Ids, beside] }
                : patient;
        }

        if (resource is not null)
        {
            faults.Add(FhirFaultKind.Malformed, reference!, "The subject of the document is no patient.");
        }

        // Named by an identifier alone, which is enough to see whose record it is not.
        return resource is null && values.Id(reference?.Find("identifier")) is { } id
            ? new CdaPatient { Ids = [id] }
            : null;
    }

    private List<CdaServiceEvent> Events() =>
    [
        .. composition.Of("event").Take(PartsMax).Select(act => new CdaServiceEvent(
            [], Merged(act), values.Period(act.Find("period")), [])),
    ];

    /// <summary>An event may have several codes, which are then one code and others beside it.</summary>
    private static CdaCode? Merged(FhirNode act)
    {
        List<CdaCode> codes = [.. act.Of("code").Select(code => HeaderValues.Code(code)).OfType<CdaCode>()];
        var others = codes.Skip(1).SelectMany(code => code.Translations.Prepend(code));
        return codes.Count == 0 ? null : codes[0] with { Translations = [.. codes[0].Translations, .. others] };
    }

    private CdaEncounter? Encounter()
    {
        var resource = bundle.Resolve(composition.Find("encounter"))
            ?? (bundle.Resources.Where(one => one.Type == "Encounter").Take(2).ToList() is [var only] ? only : null);
        if (resource is not { Type: "Encounter" })
        {
            return null;
        }

        return new CdaEncounter(
            values.Ids(resource),
            HeaderValues.Coding(resource.Find("class")),
            values.Period(resource.Find("period")),
            null,
            people.Structure(resource.Find("serviceProvider")));
    }

    private IReadOnlyList<CdaRelatedDocument> Related() =>
    [
        .. composition.Of("relatesTo").Take(PartsMax).Select(related => new CdaRelatedDocument(
            related["code"] switch
            {
                "replaces" => "RPLC",
                "appends" => "APND",
                "transforms" => "XFRM",
                var other => other,
            },
            RelatedIds(related),
            null,
            null)),
    ];

    /// <summary>By identifier; or of a document in the bundle that of its own; or the address, where it is a UUID.</summary>
    private IReadOnlyList<CdaId> RelatedIds(FhirNode related)
    {
        if (values.Id(related.Find("targetIdentifier")) is { } stated)
        {
            return [stated];
        }

        var reference = related.Find("targetReference");
        return values.Id(reference?.Find("identifier")) is { } named ? [named]
            : bundle.Peek(reference) is { } resource && values.Ids(resource) is { Count: > 0 } ids ? ids
            : FhirSystems.IdOf(null, reference?["reference"]) is { } address ? [address]
            : [];
    }
}
