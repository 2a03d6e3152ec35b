using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Errors;
using Dmp.Type.V1;

namespace Dmp.Server.Intake;

/// <summary>Values of a header that may be too long, or hold what nobody sees.</summary>
internal sealed partial class HeaderMapping
{
    /// <summary>A text without characters that nobody sees: they turn other ones around, or make two that look the same differ.</summary>
    public static string Visible(string text) => TextCharacters.Clean(text).Trim();

    /// <summary>The first identifier that is no national one; of others it is told that they are there.</summary>
    private LocalIdentifier? SourcePatientId()
    {
        const string Field = "metadata.source_patient_id";
        var ids = header.Patients is [var patient] ? patient.LocalIds.ToArray() : [];
        if (ids.Length > 1)
        {
            Warn(Field, "The header has further local identifiers of the patient; the first one is kept.");
        }

        return ids is [var first, ..] ? LocalId(first, Field) : null;
    }

    private Reference[] References() =>
        header.Orders.Select(id => (Id: LocalId(id, places.Order), Kind: "urn:ihe:iti:xds:2013:order"))
            .Concat(header.AccessionNumbers.Select(
                id => (Id: LocalId(id, places.AccessionNumber), Kind: "urn:ihe:iti:xds:2013:accession")))
            .Where(reference => reference.Id is not null)
            .Select(reference => new Reference { Id = reference.Id, Kind = reference.Kind })
            .Distinct()
            .ToArray();

    /// <summary>CX: what was given out, and by whom. An identifier that is all root is its own.</summary>
    private LocalIdentifier? LocalId(CdaId id, string place)
    {
        var (value, system) = id.Extension is { } extension ? (Visible(extension), id.Root) : (id.Root, "");
        if (value.Length is > 0 and <= LocalIdCharactersMax && system.Length <= IdentifierCharactersMax)
        {
            return new LocalIdentifier { Value = value, System = system };
        }

        Warn(
            place,
            $"The identifier has more than {LocalIdCharactersMax} characters, or its root more than {IdentifierCharactersMax}, "
            + "and is left out.");
        return null;
    }

    private string Identifier(string? id, string place)
    {
        var visible = Visible(id ?? "").Trim();
        if (visible.Length <= IdentifierCharactersMax)
        {
            return visible;
        }

        Warn(place, $"The identifier has more than {IdentifierCharactersMax} characters, and is left out.");
        return "";
    }

    private Coding? ToCoding(CdaCode? code, string place)
    {
        if (code is null)
        {
            return null;
        }

        if (code.System.Length > IdentifierCharactersMax || code.Code.Length > IdentifierCharactersMax
            || code.System.Contains('|') || code.Code.Contains('|'))
        {
            Warn(place, $"The code or its system has more than {IdentifierCharactersMax} characters or the character |, and is left out.");
            return null;
        }

        var display = Text(code.Display, DisplayCharactersMax, place + places.Display);
        return new Coding { System = code.System, Code = code.Code, Display = display };
    }

    private T[] Fitting<T>(T[] values, int room, int max, string field, string what)
    {
        if (values.Length > Math.Max(0, room))
        {
            Warn(field, $"A document has at most {max} {what}; those behind them in the header are left out.");
        }

        return values[..Math.Clamp(room, 0, values.Length)];
    }

    /// <summary>The text as it may be kept: cut where it is too long, which a reader sees, and never between the two halves of a
    /// character.</summary>
    private string Text(string? text, int charactersMax, string place)
    {
        var visible = Visible(text ?? "");
        if (visible != (text ?? "").Trim())
        {
            Warn(place, "Characters that nobody sees were left out.");
        }

        if (visible.EnumerateRunes().Count() <= charactersMax)
        {
            return visible;
        }

        Warn(place, $"The text has more than {charactersMax} characters, and was cut.");
        return string.Concat(visible.EnumerateRunes().Take(charactersMax - 1)) + "…";
    }

    private void Warn(string place, string description) => warnings.Add(new Warning { Field = place, Description = description });
}
