namespace Dmp.Cda;

/// <summary>What the parts of the header say, put together as they come.</summary>
internal sealed class CdaHeader(CdaReaderOptions options)
{
    // In the order of the schema. Everything else, from informants to consents, is passed by.
    private static readonly string[] single =
    [
        "id", "code", "title", "effectiveTime", "confidentialityCode", "languageCode", "setId", "versionNumber", "custodian",
        "legalAuthenticator", "componentOf",
    ];

    private static readonly string[] several =
        ["templateId", "recordTarget", "author", "inFulfillmentOf", "documentationOf", "relatedDocument"];

    private readonly List<CdaFault> faults = [];
    private readonly List<CdaId> templateIds = [];
    private readonly List<CdaPatient> patients = [];
    private readonly List<CdaAuthor> authors = [];
    private readonly List<CdaId> orders = [];
    private readonly List<CdaId> accessionNumbers = [];
    private readonly List<CdaServiceEvent> serviceEvents = [];
    private readonly List<CdaRelatedDocument> relatedDocuments = [];
    private CdaDocument document = new();

    public IReadOnlyList<CdaFault> Faults => faults;

    public CdaBody? Body => document.Body;

    public bool IsSelfPresenting { get; set; }

    public int FileCount { get; set; }

    public TimeZoneInfo? TimeZone => options.TimeZone;

    public static bool Reads(string part) => single.Contains(part) || several.Contains(part);

    public void Fault(CdaFaultKind kind, string place, string text)
    {
        if (faults.Count < options.FaultsMax)
        {
            faults.Add(new CdaFault(kind, place, text));
        }
    }

    /// <summary>The first body counts; false for another one.</summary>
    public bool AcceptBody(CdaBody body)
    {
        if (document.Body is not null)
        {
            Fault(CdaFaultKind.Repeated, "/ClinicalDocument/component", "The component holds more than one body. The first one counts.");
            return false;
        }

        document = document with { Body = body };
        return true;
    }

    public void Accept(CdaNode part, int number)
    {
        if (number > 1 && single.Contains(part.Name))
        {
            Fault(CdaFaultKind.Repeated, part.Place, "The element may occur once only. The first one counts.");
            return;
        }

        var values = new CdaValues(this);
        switch (part.Name)
        {
            case "templateId":
                templateIds.AddRange(values.Ids([part]));
                break;
            case "recordTarget":
                patients.Add(values.Patient(part));
                break;
            case "author":
                authors.Add(values.Author(part));
                break;
            case "inFulfillmentOf":
                orders.AddRange(values.Ids(part.Find("order")?.Of("id")));
                accessionNumbers.AddRange(values.Ids(part.Find("order")?.Of("accessionNumber")));
                break;
            case "documentationOf" when part.Find("serviceEvent") is { } act:
                serviceEvents.Add(values.ServiceEvent(act));
                break;
            case "relatedDocument" when part.Find("parentDocument") is { } parent:
                relatedDocuments.Add(new CdaRelatedDocument(
                    part["typeCode"],
                    values.Ids(parent.Of("id")),
                    values.Id(parent.Find("setId")),
                    values.Number(parent.Find("versionNumber"))));
                break;
            default:
                AcceptSingle(part, values);
                break;
        }
    }

    /// <summary>The whole header, with what is missing in it.</summary>
    public CdaDocument Conclude()
    {
        var concluded = document with
        {
            IsSelfPresenting = IsSelfPresenting,
            TemplateIds = templateIds,
            Patients = patients,
            Authors = authors,
            Orders = orders,
            AccessionNumbers = accessionNumbers,
            ServiceEvents = serviceEvents,
            RelatedDocuments = relatedDocuments,
            FileCount = options.ReadsWhole ? FileCount : null,
        };
        Require(concluded.Id is not null, "id", "The document has no identifier.");
        Require(concluded.Type is not null, "code", "The document has no type.");
        Require(concluded.Title is not null, "title", "The document has no title.");
        Require(concluded.CreationTime is not null, "effectiveTime", "The document does not say when it was written.");
        Require(patients.Count > 0, "recordTarget", "The document names no patient.");
        Require(authors.Count > 0, "author", "The document names no author.");
        Require(concluded.Body is not null, "component", "The document has neither a structured body nor an embedded file.");
        if (patients.Count > 1)
        {
            Fault(CdaFaultKind.Repeated, "/ClinicalDocument/recordTarget[2]", "The document names more than one patient.");
        }

        return concluded;
    }

    private void AcceptSingle(CdaNode part, CdaValues values) => document = part.Name switch
    {
        "id" => document with { Id = values.Id(part) },
        "code" => document with { Type = values.Code(part) },
        "title" => document with { Title = part.Text.Length > 0 ? part.Text : null },
        "effectiveTime" => document with { CreationTime = values.Time(part) },
        "confidentialityCode" => document with { Confidentiality = values.Code(part) },
        "languageCode" => document with { LanguageCode = Language(part) },
        "setId" => document with { SetId = values.Id(part) },
        "versionNumber" => document with { VersionNumber = values.Number(part) },
        "custodian" => document with
        {
            Custodian = values.Organization(part.Find("assignedCustodian", "representedCustodianOrganization")),
        },
        "legalAuthenticator" => document with
        {
            LegalAuthenticator = part.Find("assignedEntity") is { } entity
                ? new CdaAuthenticator(values.Time(part.Find("time")), values.Actor(entity))
                : null,
        },
        "componentOf" => document with { Encounter = values.Encounter(part.Find("encompassingEncounter")) },
        _ => document,
    };

    private string? Language(CdaNode part)
    {
        var code = part["code"];
        if (part.IsNull || code is null)
        {
            return null;
        }

        if (code.Length is >= 2 and <= 35 && code.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            return code;
        }

        Fault(CdaFaultKind.Malformed, part.Place + "/@code", "The value is no language as in BCP 47, such as fr-FR.");
        return null;
    }

    private void Require(bool isThere, string part, string text)
    {
        // A part that is there and malformed has its fault already.
        var place = "/ClinicalDocument/" + part;
        if (!isThere && !faults.Any(fault => fault.Place.StartsWith(place, StringComparison.Ordinal)))
        {
            Fault(CdaFaultKind.Missing, place, text);
        }
    }
}
