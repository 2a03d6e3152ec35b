using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Interactions;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Medications;

/// <summary>A statement of a document on a medicine, as the rules read it.</summary>
internal sealed record Statement
{
    public required CareDocument Document { get; init; }

    public required Fact Fact { get; init; }

    public required Source Source { get; init; }

    /// <summary>When it was stated (M12).</summary>
    public required DateTimeOffset StatedAt { get; init; }

    public required ProductMatch Match { get; init; }

    public required Route Route { get; init; }

    public required StatedPeriod Period { get; init; }

    public required Dose Dose { get; init; }

    /// <summary>A date of it cannot be read or cannot be true (M40).</summary>
    public required bool IsDateInvalid { get; init; }

    /// <summary>Its author says that it is not taken any more: since then (M14, M15); null when it is no stop.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>It says that it was over when it was written, and not that it was stopped.</summary>
    public bool IsOver { get; init; }

    /// <summary>The day of the stop is that of the statement.</summary>
    public bool IsStopInferred { get; init; }

    /// <summary>It says of a medicine that it is not taken, and not that it was once.</summary>
    public bool IsDenied { get; init; }

    /// <summary>It says that the treatment is for a long time, and names no end (M25).</summary>
    public bool IsChronic { get; init; }

    /// <summary>Further documents that state the very same (M41).</summary>
    public IReadOnlyList<Source> Copies { get; init; } = [];

    /// <summary>The item of a prescription that a dispensation names, where it is in the record (M9).</summary>
    public Statement? Prescription { get; init; }

    public MedicationRole Role => Fact.Medication.Role;

    public bool ByPatient => Source.ByPatient;

    public bool IsStop => StoppedAt is not null;

    /// <summary>From when on it holds: where nothing says it, since it was stated, or since its end where that came before.</summary>
    public DateTimeOffset Begin => Period.Begin ?? (Period.End is { } end && end.Shown < StatedAt ? end.Shown : StatedAt);

    /// <summary>Who states it, for comparison: the identifier, or else the name, or else the document.</summary>
    public string Author => Source.AuthorId.Length > 0 ? Source.AuthorId
        : Source.AuthorName.Length > 0 ? Names.Key(Source.AuthorName)
        : Document.DocumentId;

    /// <summary>The newest first, and always in one order (M42).</summary>
    public static int NewestFirst(Statement one, Statement other)
    {
        var order = other.StatedAt.CompareTo(one.StatedAt);
        order = order != 0 ? order : string.CompareOrdinal(one.Document.DocumentId, other.Document.DocumentId);
        order = order != 0 ? order : one.Document.Version.CompareTo(other.Document.Version);
        order = order != 0 ? order : one.Source.Entry.CompareTo(other.Source.Entry);
        return order != 0 ? order : one.Source.Place.CompareTo(other.Source.Place);
    }
}
