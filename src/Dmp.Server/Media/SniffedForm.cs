namespace Dmp.Server.Media;

/// <summary>What the first bytes of a document say it is, whatever its metadata claim.</summary>
internal enum SniffedForm
{
    /// <summary>None of the forms below, or too little to tell.</summary>
    Unknown,
    Pdf,
    Jpeg,
    Tiff,
    Rtf,
    PlainText,

    /// <summary>A DICOM file, of whatever class.</summary>
    Dicom,

    /// <summary>XML with the root element <c>ClinicalDocument</c> of HL7 version 3.</summary>
    CdaR2,

    /// <summary>An XSL stylesheet that carries a <c>ClinicalDocument</c> and displays it (<i>document auto-présentable</i>).</summary>
    CdaSelfPresenting,

    /// <summary>Other XML, and every XML that declares a document type: its parsing is refused before it costs anything.</summary>
    OtherXml,

    /// <summary>XML with the root element <c>Bundle</c> of FHIR.</summary>
    FhirXml,

    /// <summary>Text that begins as a JSON object.</summary>
    Json,
}
