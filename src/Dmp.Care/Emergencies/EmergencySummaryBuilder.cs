using System.Globalization;
using Dmp.Care.V1;
using Dmp.Record.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Makes the emergency page of what is known (docs/care-page.md). Pure: the same input gives the same bytes, in whichever order its
/// documents come, and what is not in the input leaves no trace.
/// </summary>
public static class EmergencySummaryBuilder
{
    /// <summary>The page.</summary>
    public static EmergencySummary Build(SummaryInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        SummaryLines lines = new(input.At, input.Language);
        SummaryFacts facts = new(input.Documents);
        var unread = new SummaryFacts(input.Unread).Documents;
        MedicineLines medicines = new(lines, input.DangerousGroups);
        WishLines wishes = new(lines);
        EmergencySummary summary = new()
        {
            Identity = IdentityOf(lines, input.Record),
            Allergies = new AllergyLines(lines).Of(facts),
            DangerousMedicines = medicines.Dangerous(input.Medication),
            Interactions = new InteractionLines(lines).Of(input),
            OtherMedicines = medicines.Others(input.Medication),
            Problems = new ProblemLines(lines).Of(facts),
            Visits = new VisitLines(lines).Of(facts, unread),
            Results = new ResultLines(lines).Of(facts),
            Devices = new DeviceLines(lines).Of(facts),
            Pregnancy = new PregnancyLines(lines).Of(facts),
            BloodGroup = new BloodGroupLines(lines).Of(facts),
            People = wishes.People(input.Wishes),
            Wishes = wishes.Wishes(facts, unread, input.Wishes),
        };
        summary.NotFound = new NotFoundLines(lines).Of(summary, input, wishes.NoDirectives(facts));
        summary.Strip = StripOf(lines, input, summary);
        return summary;
    }

    private static SummaryIdentity IdentityOf(SummaryLines lines, Record.V1.Record record)
    {
        var (words, traits, data) = (lines.Words, record.Traits, record.AdministrativeData);
        SummaryIdentity identity = new()
        {
            Traits = traits,
            UsedFamilyName = data?.UsedFamilyName ?? "",
            UsedGivenName = data?.UsedGivenName ?? "",
            Ins = record.Ins,
            Status = IdentityStatus.Qualified,
        };
        var born = traits.BirthDate;
        if (DateOnly.TryParseExact(traits.BirthDate, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var birth))
        {
            identity.Age = lines.Ages.OfPerson(birth);
            born = lines.Ages.Date(new DateTimeOffset(birth, TimeOnly.MinValue, TimeSpan.Zero), TimePrecision.Day);
        }

        var used = string.Join(' ', new[] { identity.UsedFamilyName, identity.UsedGivenName }.Where(name => name.Length > 0));
        identity.Text = ShownText.Of(string.Join(" · ", new[]
        {
            $"{traits.BirthFamilyName.ToUpperInvariant()} {string.Join(", ", traits.BirthGivenNames.Take(3))}",
            used.Length > 0 ? words.In($"nom utilisé : {used}", $"name in use: {used}") : "",
            words.In($"sexe {words.Sex(traits.Sex)}", words.Sex(traits.Sex)),
            words.In($"né(e) le {born}", $"born {born}") + (identity.Age.Length > 0 ? $" ({identity.Age})" : ""),
            record.Ins is { } ins ? $"INS {ins.Number} ({words.In("identité qualifiée", "qualified identity")})" : "",
        }.Where(part => part.Length > 0)), 400);
        return identity;
    }

    private static SummaryStrip StripOf(SummaryLines lines, SummaryInput input, EmergencySummary summary)
    {
        var words = lines.Words;
        var strip = input.Strip.Clone();
        strip.At = input.At.ToTimestamp();
        strip.LanguageCode = words.LanguageCode;
        strip.Warning = words.Warning;
        var reader = strip.Reader is { } actor
            ? ShownText.Of(string.Join(", ", new[] { actor.Name, actor.StructureName }.Where(part => part.Length > 0)), 160) : "";
        var when = lines.Ages.DateAndHour(input.At);
        strip.Text = words.In(
            $"Lu le {when}{(reader.Length > 0 ? $" par {reader}" : "")}, accès : {words.Right(strip.Basis, strip.Mode)}",
            $"Read on {when}{(reader.Length > 0 ? $" by {reader}" : "")}, access: {words.Right(strip.Basis, strip.Mode)}");
        strip.Alerts.Clear();
        strip.Alerts.AddRange(summary.Visits.Lines.Where(line => line.Recent).Take(3)
            .Select(line => $"{line.Line.Title}, {line.Line.Age}{words.Colon}{ShownText.Of(line.Line.Sources[0].StructureName, 100)}"
                .TrimEnd(' ', ':')));
        return strip;
    }
}
