using Dmp.Care.Medications;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>Medicines as the medication statement has them: dangerous ones apart, all of them (P5), and the others that run (P6).</summary>
internal sealed class MedicineLines(SummaryLines lines, IReadOnlyList<DangerousGroup> groups)
{
    private const int OthersMax = 50;
    private const int EndedMax = 20;
    private const int NoneMax = 5;
    private const int ProductsMax = 3;

    /// <summary>All of a dangerous group that the statement has: what ended lately still acts.</summary>
    public MedicineBlock Dangerous(MedicationStatement statement)
    {
        MedicineBlock block = new();
        block.Lines.AddRange(statement.Lines
            .Where(treatment => treatment.DangerousGroup.Length > 0)
            .OrderBy(treatment => RankOf(treatment.Status))
            .Select(LineOf));
        return block;
    }

    /// <summary>The others that run, may run or are to begin; what ended lately is named.</summary>
    public MedicineBlock Others(MedicationStatement statement)
    {
        var others = statement.Lines.Where(treatment => treatment.DangerousGroup.Length == 0).ToList();
        var running = others.Where(treatment => !HasEnded(treatment)).OrderBy(treatment => RankOf(treatment.Status)).ToList();
        MedicineBlock block = new() { MoreLines = Math.Max(0, running.Count - OthersMax) + statement.MoreLines };
        block.Lines.AddRange(running.Take(OthersMax).Select(LineOf));
        block.RecentlyEnded.AddRange(others.Where(HasEnded).Select(treatment => ShownText.Of(treatment.Name, 80)).Take(EndedMax));
        block.NoneStated.AddRange(statement.NoneStated.Where(none => !none.NothingKnown).Take(NoneMax).Select(none => new NoneStated
        {
            Source = none.Source,
            Text = lines.Words.NoneBy(lines.Who(none.Source) is { Length: > 0 } who ? who : "?", lines.Date(none.Source)),
            StatedText = ShownText.Of(none.Text),
        }));
        return block;
    }

    /// <summary>The name by which the page speaks of a treatment.</summary>
    public static string NameOf(TreatmentLine treatment)
    {
        var name = ShownText.Of(treatment.Name, 160);
        return name.Length > 0 ? name : "?";
    }

    private static bool HasEnded(TreatmentLine treatment) => treatment.Status is TreatmentStatus.Ended or TreatmentStatus.Stopped;

    private static int RankOf(TreatmentStatus status) => status switch
    {
        TreatmentStatus.Running => 0,
        TreatmentStatus.EndUnknown => 1,
        TreatmentStatus.Planned => 2,
        _ => 3,
    };

    private MedicineLine LineOf(TreatmentLine treatment) => new()
    {
        Line = lines.Line(NameOf(treatment), DetailsOf(treatment), treatment.Sources.Select(source => source.Source)),
        Treatment = treatment,
    };

    private IEnumerable<string> DetailsOf(TreatmentLine treatment)
    {
        var words = lines.Words;
        if (treatment.DangerousGroup.Length > 0)
        {
            var group = groups.FirstOrDefault(one => one.Code == treatment.DangerousGroup);
            yield return group is null ? treatment.DangerousGroup : words.In(group.French, group.English);
        }

        var dose = ShownText.Of(treatment.Dose?.Text);
        yield return dose.Length > 0 ? dose : words.In("dose non précisée", "dose not stated");
        yield return StatusOf(treatment);
        yield return string.Join(", ", treatment.Products.Select(product => ShownText.Of(product.Name, 90))
            .Where(name => name.Length > 0 && !name.Equals(treatment.Name, StringComparison.OrdinalIgnoreCase))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Take(ProductsMax));
        yield return treatment.DangerousGroup.Length > 0 || WasHandedOut(treatment) ? EvidenceOf(treatment) : "";
        foreach (var conflict in treatment.Conflicts.Take(3))
        {
            yield return $"{words.In("CONFLIT", "CONFLICT")}{words.Colon}{conflict.Text}";
        }

        if (treatment.RouteGroup == RouteGroup.Local)
        {
            yield return words.In("voie locale", "local route");
        }
    }

    /// <summary>Until when and why, or since when not.</summary>
    private string StatusOf(TreatmentLine treatment)
    {
        var words = lines.Words;
        var end = treatment.EndTime is { } time ? lines.Ages.Date(time.ToDateTimeOffset(), TimePrecision.Time) : "";
        return treatment.Status switch
        {
            TreatmentStatus.Running => string.Join(", ", new[]
            {
                end.Length > 0 ? words.In($"en cours jusqu'au {end}", $"running until {end}") : words.In("en cours", "running"),
                string.Join(", ", treatment.RunningReasons.Select(ReasonOf).Where(reason => reason.Length > 0).Distinct()),
            }.Where(part => part.Length > 0)),
            TreatmentStatus.EndUnknown => words.EndUnknown,
            TreatmentStatus.Planned => words.Planned,
            TreatmentStatus.Stopped => end.Length > 0 ? words.In($"{words.Stopped} le {end}", $"{words.Stopped} {end}") : words.Stopped,
            TreatmentStatus.Ended => end.Length > 0 ? words.In($"{words.Ended} le {end}", $"{words.Ended} {end}") : words.Ended,
            _ => "",
        };
    }

    private string ReasonOf(RunningReason reason) => reason.Kind switch
    {
        RunningReasonKind.PrescribedUntil => lines.Words.In("par prescription", "by prescription"),
        RunningReasonKind.DispensedFor => lines.Words.In($"délivré pour {reason.Days} j", $"dispensed for {reason.Days} d"),
        RunningReasonKind.Chronic => lines.Words.In("au long cours", "long-term"),
        RunningReasonKind.Administered => lines.Words.In("administré pendant le séjour", "administered in the stay"),
        _ => "",
    };

    private static bool WasHandedOut(TreatmentLine treatment) =>
        treatment.LastEvidence >= 0 && treatment.LastEvidence < treatment.Sources.Count
        && treatment.Sources[treatment.LastEvidence].Role is MedicationRole.Dispensed or MedicationRole.Administered;

    /// <summary>The last evidence that it was taken: dispensed, administered, listed.</summary>
    private string EvidenceOf(TreatmentLine treatment)
    {
        if (treatment.LastEvidence < 0 || treatment.LastEvidence >= treatment.Sources.Count)
        {
            return lines.Words.In("dernière prise ou délivrance : non connue", "last taking or dispensing: not known");
        }

        var source = treatment.Sources[treatment.LastEvidence];
        return $"{lines.Words.Evidence(source.Role)} {lines.Words.In("le ", "")}{lines.Date(source.Source)}";
    }
}
