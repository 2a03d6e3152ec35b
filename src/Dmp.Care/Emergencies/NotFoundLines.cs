using Dmp.Care.V1;
using Dmp.Record.V1;
using Dmp.Type.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// What is not on the page (P18): blocks without a line, in the same words always; documents that were not read; and the sentence that
/// stands on every page, whether anything is hidden or not.
/// </summary>
internal sealed class NotFoundLines(SummaryLines lines)
{
    private const int TypesMax = 30;
    private const int YoungestPregnant = 10;
    private const int OldestPregnant = 60;

    private static readonly ResultKind[] expectedResults =
        [ResultKind.Creatinine, ResultKind.Potassium, ResultKind.Inr, ResultKind.Haemoglobin];

    public NotFoundBlock Of(EmergencySummary summary, SummaryInput input, IEnumerable<NoneStated> noDirectives)
    {
        NotFoundBlock block = new() { HiddenPossible = lines.Words.HiddenPossible, Documents = input.Coverage };
        block.Gaps.AddRange(Gaps(summary, input, noDirectives));
        var types = input.Unread
            .GroupBy(document => (document.Metadata.Type?.System ?? "", document.Metadata.Type?.Code ?? ""))
            .Select(TypeOf)
            .OrderByDescending(type => type.Newest.StatedTime?.ToDateTimeOffset())
            .ThenBy(type => type.Type?.Code, StringComparer.Ordinal)
            .ToList();
        block.Unread.AddRange(types.Take(TypesMax));
        block.MoreUnreadTypes = Math.Max(0, types.Count - TypesMax);
        return block;
    }

    private IEnumerable<SectionGap> Gaps(EmergencySummary summary, SummaryInput input, IEnumerable<NoneStated> noDirectives)
    {
        var words = lines.Words;
        var noTreatment = summary.OtherMedicines.NoneStated;
        if (summary.Allergies.Lines.Count == 0)
        {
            yield return Gap(SummarySection.Allergies, summary.Allergies.NoneStated);
        }

        if (summary.DangerousMedicines.Lines.Count == 0)
        {
            yield return Gap(SummarySection.DangerousMedicines, summary.OtherMedicines.Lines.Count == 0 ? noTreatment : []);
        }

        if (summary.OtherMedicines.Lines.Count == 0)
        {
            yield return Gap(SummarySection.OtherMedicines, summary.DangerousMedicines.Lines.Count == 0 ? noTreatment : []);
        }

        if (summary.Problems.Lines.Count == 0)
        {
            yield return Gap(SummarySection.Problems, summary.Problems.NoneStated);
        }

        if (summary.Visits.Lines.Count == 0)
        {
            yield return Gap(SummarySection.Visits, []);
        }

        foreach (var kind in expectedResults.Where(kind => summary.Results.Lines.All(line => line.Kind != kind)))
        {
            yield return Gap(SummarySection.Results, [], words.Result(kind));
        }

        if (summary.Devices.Lines.Count == 0)
        {
            yield return Gap(SummarySection.Devices, summary.Devices.NoneStated);
        }

        if (summary.Pregnancy.Line is null && MayBePregnant(input.Record))
        {
            yield return Gap(SummarySection.Pregnancy, []);
        }

        if (summary.BloodGroup.Line is null)
        {
            yield return Gap(
                SummarySection.BloodGroup, [], words.In("Groupe sanguin déterminé par un laboratoire", "Blood group of a laboratory"));
        }

        if (summary.People.Lines.Count == 0)
        {
            yield return Gap(SummarySection.People, []);
        }

        if (summary.Wishes.Directives.Count == 0)
        {
            yield return Gap(SummarySection.Directives, noDirectives);
        }

        if (summary.Wishes.Donation is null)
        {
            yield return Gap(SummarySection.Donation, []);
        }
    }

    private SectionGap Gap(SummarySection section, IEnumerable<NoneStated> none, string? name = null)
    {
        var documented = none.FirstOrDefault();
        return new SectionGap
        {
            Section = section,
            Name = name ?? lines.Words.Section(section),
            Kind = documented is null ? GapKind.Nothing : GapKind.DocumentedNone,
            Text = documented?.Text ?? lines.Words.NothingFound,
            Source = documented?.Source,
        };
    }

    private bool MayBePregnant(Record.V1.Record record) => record.Traits is { Sex: not Sex.Male } traits
        && (!DateOnly.TryParseExact(traits.BirthDate, "yyyy-MM-dd", out var birth)
            || lines.Ages.Years(birth) is >= YoungestPregnant and <= OldestPregnant);

    private UnreadType TypeOf(IEnumerable<CareDocument> ofType)
    {
        var sources = SummaryLines.NewestFirst(ofType.Select(document => document.Source()));
        var type = sources[0].DocumentType ?? new Coding();
        var name = ShownText.Of(type.Display, 100);
        return new UnreadType
        {
            Type = type,
            Count = sources.Count,
            Newest = sources[0],
            Text = $"{sources.Count} × {(name.Length > 0 ? name : ShownText.Of(type.Code, 40))}, "
                + lines.Words.In("le plus récent : ", "newest: ") + $"{lines.Date(sources[0])}, {lines.Age(sources[0])}",
        };
    }
}
