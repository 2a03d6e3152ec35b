namespace Dmp.Xdm;

/// <summary>What is wrong with a package, or with one document of it.</summary>
public enum XdmFaultKind
{
    /// <summary>Neither a directory nor a ZIP file that can be read.</summary>
    Unreadable,

    /// <summary>A name that leaves the package, or that no honest program writes.</summary>
    UnsafeName,

    /// <summary>A symbolic link.</summary>
    Link,

    /// <summary>An encrypted file.</summary>
    Encrypted,

    /// <summary>More files than the limit.</summary>
    TooManyFiles,

    /// <summary>A file, or all together, larger than the limit.</summary>
    TooLarge,

    /// <summary>A small file that unpacks to a huge one, or files that share their bytes.</summary>
    Bomb,

    /// <summary>Bytes that cannot be unpacked, or are not those that were packed.</summary>
    Damaged,

    /// <summary>There is no <c>METADATA.XML</c>.</summary>
    NoMetadata,

    /// <summary>The metadata are not well-formed XML, have a document type, or go beyond a limit.</summary>
    MetadataUnreadable,

    /// <summary>The metadata are no submission of XDS.b.</summary>
    MetadataInvalid,

    /// <summary>The file that the metadata name is not there.</summary>
    MissingDocument,

    /// <summary>The file has another digest than the metadata say.</summary>
    NonIdenticalHash,

    /// <summary>The file has another size than the metadata say.</summary>
    NonIdenticalSize,
}

/// <summary>One thing that is wrong, in words that hold nothing of what a document says.</summary>
/// <param name="Kind">What.</param>
/// <param name="Place">The file, or the place in the metadata.</param>
/// <param name="Text">A sentence.</param>
public sealed record XdmFault(XdmFaultKind Kind, string Place, string Text)
{
    /// <summary>The error code of IHE XDS (ITI TF-3 4.2.4) where it has one, otherwise the name of the kind after <c>Xdm</c>.</summary>
    public string Code => Kind switch
    {
        XdmFaultKind.MissingDocument => "XDSMissingDocument",
        XdmFaultKind.NonIdenticalHash => "XDSNonIdenticalHash",
        XdmFaultKind.NonIdenticalSize => "XDSNonIdenticalSize",
        XdmFaultKind.NoMetadata => "XDSMissingDocumentMetadata",
        XdmFaultKind.MetadataUnreadable or XdmFaultKind.MetadataInvalid => "XDSRegistryMetadataError",
        _ => $"Xdm{Kind}",
    };
}

/// <summary>The package, or a file of it, is refused.</summary>
/// <param name="fault">Why.</param>
public sealed class XdmRefusedException(XdmFault fault) : IOException($"{fault.Place}: {fault.Text}")
{
    /// <summary>Makes one.</summary>
    /// <param name="kind">What is wrong.</param>
    /// <param name="place">Where.</param>
    /// <param name="text">A sentence.</param>
    public XdmRefusedException(XdmFaultKind kind, string place, string text)
        : this(new XdmFault(kind, place, text))
    {
    }

    /// <summary>Why.</summary>
    public XdmFault Fault { get; } = fault;
}
