using Dmp.Cda;
using Dmp.Error.V1;
using Dmp.Fhir;

namespace Dmp.Server.Intake;

/// <summary>What is odd about a header.</summary>
/// <param name="Place">Where, as <see cref="HeaderPlaces"/> writes it.</param>
/// <param name="Text">What, in a sentence without a word of the document.</param>
/// <param name="IsMissing">Nothing is there, which is no fault of a value.</param>
internal readonly record struct HeaderFault(string Place, string Text, bool IsMissing);

/// <summary>
/// What a document says of itself: the header of a CDA document, the composition of a FHIR document. The types are those of CDA for both,
/// so that one mapping and one set of rules do.
/// </summary>
internal sealed record DocumentHeader
{
    public required HeaderPlaces Places { get; init; }

    /// <summary>The metadata given are not what this says.</summary>
    public required ErrorReason MetadataMismatch { get; init; }

    /// <summary>The patient is not that of the record.</summary>
    public required ErrorReason PatientMismatch { get; init; }

    /// <summary>In the terms of XDS.</summary>
    public required CdaMetadata Metadata { get; init; }

    /// <summary>Where faults about the patient are told.</summary>
    public required IReadOnlyList<string> PatientPlaces { get; init; }

    /// <summary>One, in every document that is not defective.</summary>
    public required IReadOnlyList<CdaPatient> Patients { get; init; }

    public required IReadOnlyList<CdaAuthor> Authors { get; init; }

    public CdaAuthenticator? LegalAuthenticator { get; init; }

    public IReadOnlyList<CdaId> Orders { get; init; } = [];

    public IReadOnlyList<CdaId> AccessionNumbers { get; init; } = [];

    public CdaTime? CreationTime { get; init; }

    /// <summary>When the main act took place, where the document says just that.</summary>
    public CdaInterval? ServiceTime { get; init; }

    public IReadOnlyList<HeaderFault> Faults { get; init; } = [];

    /// <summary>The CDA document, whose body may carry files; null for FHIR.</summary>
    public CdaDocument? Cda { get; init; }

    public static DocumentHeader Of(CdaDocument document, IEnumerable<CdaFault> faults) => new()
    {
        Places = HeaderPlaces.Cda,
        MetadataMismatch = ErrorReason.CdaMetadataMismatch,
        PatientMismatch = ErrorReason.CdaPatientMismatch,
        Metadata = CdaMetadata.From(document),
        PatientPlaces = [HeaderPlaces.Cda.Patient],
        Patients = document.Patients,
        Authors = document.Authors,
        LegalAuthenticator = document.LegalAuthenticator,
        Orders = document.Orders,
        AccessionNumbers = document.AccessionNumbers,
        CreationTime = document.CreationTime,
        ServiceTime = document.ServiceEvents is [var main, ..] ? main.Time : null,
        Faults = [.. faults.Select(fault => new HeaderFault(fault.Place, fault.Text, fault.Kind == CdaFaultKind.Missing))],
        Cda = document,
    };

    public static DocumentHeader Of(FhirDocumentHeader header, IEnumerable<FhirFault> faults)
    {
        var derived = CdaMetadata.From(new CdaDocument
        {
            Type = header.Type,
            Title = header.Title,
            LanguageCode = header.LanguageCode,
            Confidentiality = header.Confidentiality,
            CreationTime = header.CreationTime,
            Authors = header.Authors,
            ServiceEvents = header.ServiceEvents,
            Encounter = header.Encounter,
        });
        return new DocumentHeader
        {
            Places = HeaderPlaces.Fhir,
            MetadataMismatch = ErrorReason.FhirMetadataMismatch,
            PatientMismatch = ErrorReason.FhirPatientMismatch,
            Metadata = derived with
            {
                UniqueId = header.UniqueId,
                MediaType = header.MediaType,
                ServiceStartTime = header.ServiceStartTime?.Time,
                ServiceStopTime = header.ServiceStopTime?.Time,
                ReplacedIds = header.ReplacedIds,
            },
            PatientPlaces = header.PatientPath is { } path ? [HeaderPlaces.Fhir.Patient, path] : [HeaderPlaces.Fhir.Patient],
            Patients = header.Patient is { } patient ? [patient] : [],
            Authors = header.Authors,
            LegalAuthenticator = header.LegalAuthenticator,
            Orders = header.Orders,
            AccessionNumbers = header.AccessionNumbers,
            CreationTime = header.CreationTime,
            ServiceTime = header.ServiceEvents.Select(act => act.Time).FirstOrDefault(time => time is not null) ?? header.Encounter?.Time,

            // A narrative that the header is read without is in the document all the same.
            Faults =
            [
                .. faults.Where(fault => fault.Kind != FhirFaultKind.ValueTooLong)
                    .Select(fault => new HeaderFault(fault.Path, fault.Text, fault.Kind == FhirFaultKind.Missing)),
            ],
        };
    }
}
