namespace Dmp.Facts.Model;

/// <summary>What a document says of a medicine.</summary>
public enum MedicationRole
{
    /// <summary>In a list of treatments: taken, as its author knows.</summary>
    Listed = 1,

    /// <summary>Prescribed: an item of a prescription.</summary>
    Prescribed = 2,

    /// <summary>Planned: in a plan of care, not yet prescribed.</summary>
    Planned = 3,

    /// <summary>Dispensed by a pharmacy.</summary>
    Dispensed = 4,

    /// <summary>Given by somebody: in a stay, an act, an examination.</summary>
    Administered = 5,

    /// <summary>Held responsible for an unwanted effect. Whether it is taken is not said.</summary>
    Implicated = 6,
}

/// <summary>A statement on a medicine or a vaccine.</summary>
public sealed record Medication : Fact
{
    /// <summary>What is said of it.</summary>
    public required MedicationRole Role { get; init; }

    /// <summary>A vaccine or another immunisation.</summary>
    public required bool IsImmunization { get; init; }

    /// <summary>What it is.</summary>
    public required MedicineProduct Product { get; init; }

    /// <summary>From when to when; null when nothing is said.</summary>
    public Stretch? Period { get; init; }

    /// <summary>How it is taken: one, or phases in the order of their sequence numbers. Empty when nothing is said.</summary>
    public required IReadOnlyList<Dosage> Dosages { get; init; }

    /// <summary>Most in a stretch of time, such as 4 in 1 day.</summary>
    public (Quantity Numerator, Quantity Denominator)? Most { get; init; }

    /// <summary>What was handed out, or is to be.</summary>
    public Quantity? Supplied { get; init; }

    /// <summary>When it was handed out.</summary>
    public Moment? SuppliedAt { get; init; }

    /// <summary>How often a prescription may be renewed.</summary>
    public int? Renewals { get; init; }

    /// <summary>To the patient, from the narrative.</summary>
    public string? PatientInstructions { get; init; }

    /// <summary>To who dispenses, from the narrative.</summary>
    public string? DispenserInstructions { get; init; }

    /// <summary>The item of a prescription that a dispensation names, as <c>root</c> or <c>root^extension</c>.</summary>
    public string? PrescriptionItem { get; init; }
}

/// <summary>A product by whatever the document has of it. Codes and words may disagree: both are kept.</summary>
/// <param name="Codes">All codes with their systems, the first one first: CIS, CIP, ATC, virtual drug, …</param>
/// <param name="Name">The name; null when there is none.</param>
/// <param name="Text">The words of the narrative that it points to.</param>
/// <param name="Form">Its pharmaceutical form.</param>
/// <param name="Ingredients">Substances with their strengths.</param>
/// <param name="Lot">The number of its lot.</param>
public sealed record MedicineProduct(
    IReadOnlyList<Coded> Codes,
    string? Name,
    string? Text,
    Coded? Form,
    IReadOnlyList<ProductIngredient> Ingredients,
    string? Lot)
{
    /// <summary>Neither a code nor a name nor words.</summary>
    public bool IsNameless => this is { Codes.Count: 0, Name: null, Text: null };

    /// <summary>CIS: a product of the public medicines database.</summary>
    public const string Cis = "1.2.250.1.213.2.3.1";

    /// <summary>CIP: a pack of it.</summary>
    public const string Cip = "1.2.250.1.213.2.3.2";

    /// <summary>ATC.</summary>
    public const string Atc = "2.16.840.1.113883.6.73";

    /// <summary>The first code of a system; null when there is none.</summary>
    public string? CodeOf(string system) => Codes.FirstOrDefault(code => code.System == system)?.Code;
}

/// <summary>A substance in a product.</summary>
public sealed record ProductIngredient(Coded Substance, string? Name, Quantity? Numerator, Quantity? Denominator);

/// <summary>One way of taking it, or one phase.</summary>
/// <param name="Period">When, if said for this phase.</param>
/// <param name="Every">How often: once in this stretch.</param>
/// <param name="Event">Bound to an event instead, such as a meal (HL7 TimingEvent).</param>
/// <param name="Dose">How much at a time.</param>
/// <param name="Rate">How much in a stretch of time.</param>
/// <param name="Route">By which route.</param>
/// <param name="Text">The words of the narrative.</param>
public sealed record Dosage(
    Stretch? Period, Quantity? Every, string? Event, QuantityRange? Dose, QuantityRange? Rate, Coded? Route, string? Text);
