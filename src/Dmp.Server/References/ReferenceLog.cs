namespace Dmp.Server.References;

/// <summary>Log messages of published files (event ids 1920 to 1939).</summary>
internal static partial class ReferenceLog
{
    [LoggerMessage(1920, LogLevel.Information, "In force for interactions: rules {Thesaurus}, medicines {Medicines}")]
    public static partial void InForce(ILogger logger, string thesaurus, string medicines);

    [LoggerMessage(1921, LogLevel.Error, "The edition {Name} cannot be read: what this server read before stays, or nothing")]
    public static partial void ReadingFailed(ILogger logger, Exception exception, string name);

    [LoggerMessage(1922, LogLevel.Warning, "Which published files are in force cannot be looked up for a moment")]
    public static partial void LookingFailed(ILogger logger, Exception exception);
}
