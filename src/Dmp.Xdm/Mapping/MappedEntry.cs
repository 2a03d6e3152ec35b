using Dmp.Document.V1;
using Dmp.Type.V1;

namespace Dmp.Xdm;

/// <summary>A DocumentEntry in the terms of the contract.</summary>
public sealed record MappedEntry
{
    /// <summary>The metadata.</summary>
    public required DocumentMetadata Metadata { get; init; }

    /// <summary>From whom the document is hidden from the start.</summary>
    public required IReadOnlyList<VisibilityCode> VisibilityCodes { get; init; }

    /// <summary>Whom it is about; null when patientId is no INS.</summary>
    public required Ins? Patient { get; init; }

    /// <summary>Whom the entry names besides (sourcePatientInfo), with that identity: to be compared with the record. Null when it names
    /// nobody.</summary>
    public StatedPatient? Stated { get; init; }

    /// <summary>Everything that the entry says and the contract has no place for, or that could not be read. Holds no value.</summary>
    public required IReadOnlyList<Warning> Warnings { get; init; }
}
