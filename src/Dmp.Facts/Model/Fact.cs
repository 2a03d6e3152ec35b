namespace Dmp.Facts.Model;

/// <summary>What a document states: one statement, read as it is written.</summary>
public abstract record Fact
{
    /// <summary>Where it stands.</summary>
    public FactSource Source { get; init; } = FactSource.Nowhere;

    /// <summary>Somebody else than the patient has it, such as a relative or a child before birth; null for the patient.</summary>
    public Coded? Subject { get; init; }

    /// <summary>
    /// It is stated that it is <em>not</em> so, by <c>negationInd</c>: not given, not done, not had. A fact, and no absence.
    /// </summary>
    public bool IsNegated { get; init; }

    /// <summary>
    /// It states that there is nothing, or that nothing is known, and must not be shown as something that the patient has or takes.
    /// </summary>
    public FactAbsence Absence { get; init; }

    /// <summary>
    /// Whether it is so or is to be, as HL7 writes it: <c>EVN</c> is so, <c>INT</c> intended, <c>RQO</c> and <c>ARQ</c> asked for,
    /// <c>PRP</c> proposed, <c>GOL</c> a goal, <c>DEF</c> a definition.
    /// </summary>
    public string Mood { get; init; } = "EVN";

    /// <summary>The state that the document gives it (<c>completed</c>, <c>active</c>, <c>aborted</c>, <c>nullified</c>, …).</summary>
    public string? State { get; init; }

    /// <summary>It was taken back, by its state.</summary>
    public bool IsWithdrawn => State is "nullified" or "aborted" or "cancelled";

    /// <summary>The words of the narrative that it points to, or its own.</summary>
    public string? Text { get; init; }

    /// <summary>Who stated it, where the document says so of the statement or its section; null when it is the document's author.</summary>
    public FactAuthor? Author { get; init; }

    /// <summary>Other statements that it names, such as why it was done, or the device that was used.</summary>
    public IReadOnlyList<FactReference> References { get; init; } = [];
}

/// <summary>How a statement says that there is nothing.</summary>
public enum FactAbsence
{
    /// <summary>It does not: it is about something.</summary>
    No = 0,

    /// <summary>By a code: none is known ("no known allergies").</summary>
    NoneKnown = 1,

    /// <summary>By a code: nobody knows whether there is one ("no information about allergies").</summary>
    NoInformation = 2,

    /// <summary>By words alone ("Aucune allergie identifiée"). Whoever shows it as "none" shows the words with it.</summary>
    NoneByWords = 3,
}

/// <summary>Another statement that a fact names.</summary>
/// <param name="Code">What that one is about.</param>
/// <param name="Relation">How both belong together, as HL7 writes it: <c>RSON</c> is the reason.</param>
/// <param name="Ids">The identifiers of that one, <c>root</c> or <c>root^extension</c>. It need not be in the document.</param>
public sealed record FactReference(Coded? Code, string? Relation, IReadOnlyList<string> Ids);

/// <summary>Who stated something.</summary>
/// <param name="Id"><c>root</c> or <c>root^extension</c>: RPPS mostly.</param>
/// <param name="Name">The person, or else the device, or else the organisation.</param>
/// <param name="Time">When.</param>
public sealed record FactAuthor(string? Id, string? Name, Moment? Time);
