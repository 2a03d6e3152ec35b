namespace Dmp.Server.References;

/// <summary>Log messages of published files (event ids 1920 to 1939).</summary>
internal static partial class ReferenceLog
{
    [LoggerMessage(1920, LogLevel.Information, "In force for interactions: rules {Thesaurus}, medicines {Medicines}")]
    public static partial void InForce(ILogger logger, string thesaurus, string medicines);

    [LoggerMessage(1921, LogLevel.Error, "An edition of published files could not be read; the one before stays in force on this server")]
    public static partial void ReadingFailed(ILogger logger, Exception exception);
}
