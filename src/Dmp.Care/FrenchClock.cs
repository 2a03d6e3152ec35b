namespace Dmp.Care;

/// <summary>The clock of the structures that write documents, and of who reads the answers: the record knows no other one.</summary>
internal static class FrenchClock
{
    public static TimeZoneInfo Zone { get; } = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    /// <summary>The time as this clock shows it.</summary>
    public static DateTimeOffset Of(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone);
}
