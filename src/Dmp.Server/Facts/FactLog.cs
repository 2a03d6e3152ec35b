namespace Dmp.Server.Facts;

/// <summary>Log messages of reading facts (event ids 1900 to 1919). Our ids only: never a word of a document.</summary>
internal static partial class FactLog
{
    [LoggerMessage(
        1900, LogLevel.Warning, "Document {DocumentId} version {Version} could not be read for its facts: {Fault}; attempt {Attempt}")]
    public static partial void ReadingFailed(ILogger logger, string fault, Guid documentId, int version, int attempt);

    [LoggerMessage(1901, LogLevel.Error, "Document {DocumentId} version {Version} is given up: its facts cannot be read")]
    public static partial void GivenUp(ILogger logger, Guid documentId, int version);

    [LoggerMessage(1902, LogLevel.Warning, "Reading documents for their facts stopped for a moment")]
    public static partial void LookingFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        1903, LogLevel.Error, "What was read of document {DocumentId} version {Version} is damaged; dmp facts rebuild reads it anew")]
    public static partial void BlockDamaged(ILogger logger, Exception exception, Guid documentId, int version);

    [LoggerMessage(
        1904, LogLevel.Error, "The words of document {DocumentId} version {Version} cannot be searched; dmp facts rebuild reads them anew")]
    public static partial void WordsDamaged(ILogger logger, Guid documentId, int version);

    [LoggerMessage(1905, LogLevel.Warning, "What was read of {Count} documents could not be written; each is read again by itself")]
    public static partial void WritingFailed(ILogger logger, int count, Exception exception);
}
