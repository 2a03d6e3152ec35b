using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Type.V1;

namespace Dmp.Care.Exams;

/// <summary>What results and acts say of themselves: whether they count, and by which codes.</summary>
public static class Statements
{
    private static readonly HashSet<string> cancelled = ["nullified", "aborted", "cancelled", "obsolete"];

    private static readonly HashSet<string> unfinished =
        ["active", "held", "new", "suspended", "preliminary", "registered", "partial", "preparation", "in-progress"];

    /// <summary>Why it does not count; null when it does (rule E2).</summary>
    /// <param name="fact">An observation or an act.</param>
    /// <param name="needsValue">One without a value does not count.</param>
    public static UnusableReason? WhyUnusable(Fact fact, bool needsValue)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return fact.Subject is not null ? UnusableReason.OfAnotherPerson
            : fact.Mood is not ("EVN" or "") ? UnusableReason.Planned
            : cancelled.Contains(fact.State) ? UnusableReason.Cancelled
            : fact.Negated ? UnusableReason.NotDone
            : unfinished.Contains(fact.State) ? UnusableReason.Preliminary
            : needsValue && fact.Observation is { } observation && !observation.Values.Any(HasValue) ? UnusableReason.NoResult
            : null;
    }

    /// <summary>All codes of a coded value, its own first, of CCAM by one OID.</summary>
    /// <param name="coded">A coded value; may be absent.</param>
    public static IEnumerable<(string System, string Code)> CodesOf(CodedValue? coded) => coded is null
        ? []
        : new[] { coded }.Concat(coded.Translations)
            .Where(one => one.Code.Length > 0)
            .Select(one => ExamTables.KeyOf(one.System, one.Code));

    /// <summary>A specimen, or what else is compared as stated: its code, or its words.</summary>
    /// <param name="coded">A coded value; may be absent.</param>
    public static string KeyOf(CodedValue? coded) => coded switch
    {
        null => "",
        { Code.Length: > 0 } => $"{coded.System}|{coded.Code}",
        _ => (coded.Display.Length > 0 ? coded.Display : coded.Text).Trim().ToLowerInvariant(),
    };

    /// <summary>
    /// Whether a stated specimen is the one that is asked for; null when that cannot be said: nothing is stated, or words alone, or codes
    /// of other systems.
    /// </summary>
    /// <param name="stated">As stated; may be absent.</param>
    /// <param name="asked">As asked.</param>
    public static bool? IsSpecimen(CodedValue? stated, Coding asked)
    {
        ArgumentNullException.ThrowIfNull(asked);
        var key = ExamTables.KeyOf(asked.System, asked.Code);
        var codes = CodesOf(stated).Where(code => code.System == key.System).ToList();
        return codes.Count == 0 ? null : codes.Contains(key);
    }

    /// <summary>A test at the point of care, by its section or document.</summary>
    internal static bool IsPointOfCare(CareDocument document, Fact fact) =>
        new TitleWords(document.Metadata.Title) is var title && (title.Has("trod") || title.Has("biologie délocalisée"))
        || new TitleWords(fact.Source.SectionTitle).Has("trod");

    private static bool HasValue(ObservedValue value) => value.ValueCase switch
    {
        ObservedValue.ValueOneofCase.None => false,
        ObservedValue.ValueOneofCase.Code => value.Code is not { Code: "", Display: "", Text: "", Translations.Count: 0 },
        ObservedValue.ValueOneofCase.Quantity => IsSaid(value.Quantity.Low) || IsSaid(value.Quantity.High),
        ObservedValue.ValueOneofCase.Text => value.Text.Length > 0,
        _ => true,
    };

    private static bool IsSaid(Quantity? quantity) => quantity is not null && (quantity.Value.Length > 0 || quantity.Written.Length > 0);
}
