using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Exams;

/// <summary>What pictures an act took, by its codes, its modality and its sites (rule E8).</summary>
/// <param name="tables">What acts are taken of.</param>
internal sealed class ImagingActs(ExamTables tables)
{
    /// <summary>
    /// One reading for each code of the act that the table has, or else one by its modality and sites; none when it is no imaging.
    /// </summary>
    public IReadOnlyList<ImagingAct> Of(ClinicalAct act)
    {
        var modality = Find(act.Methods).Select(found => found.Modality).FirstOrDefault(found => found != Modality.Unspecified);
        var sites = Find(act.Sites).SelectMany(found => found.Regions).Distinct().Order(StringComparer.Ordinal).ToList();
        var side = SideOf(act);
        List<ImagingAct> readings = [];
        foreach (var found in Statements.CodesOf(act.Code).Select(code => tables.ImagingOf(code.System, code.Code)).OfType<ImagingAct>())
        {
            var reading = found.Clone();
            reading.Modality = reading.Modality == Modality.Unspecified ? modality : reading.Modality;
            reading.Side = reading.Side == BodySide.Unspecified ? side : reading.Side;
            if (reading.Regions.Count == 0)
            {
                reading.Regions.AddRange(sites);
            }

            readings.Add(reading);
        }

        if (readings.Count == 0 && modality != Modality.Unspecified)
        {
            readings.Add(new ImagingAct { Modality = modality, Side = side, Regions = { sites } });
        }

        return readings;
    }

    private static BodySide SideOf(ClinicalAct act)
    {
        var sides = act.Sites.Append(act.Code ?? new CodedValue())
            .SelectMany(coded => coded.Qualifiers)
            .Select(qualifier => SideOf(qualifier.Value))
            .Where(side => side != BodySide.Unspecified)
            .ToHashSet();
        return sides.Count switch
        {
            0 => BodySide.Unspecified,
            1 => sides.Single(),
            _ => BodySide.Both,
        };
    }

    private static BodySide SideOf(CodedValue? value) => value is null ? BodySide.Unspecified : value.Code switch
    {
        "7771000" or "L" or "G" => BodySide.Left,
        "24028007" or "R" or "D" => BodySide.Right,
        "51440002" or "B" => BodySide.Both,
        _ => new TitleWords(value.Display.Length > 0 ? value.Display : value.Text) is var words && words.Has("bilatéral") ? BodySide.Both
            : words.Has("gauche") || words.Has("left") ? BodySide.Left
            : words.Has("droit") || words.Has("droite") || words.Has("right") ? BodySide.Right
            : BodySide.Unspecified,
    };

    private IEnumerable<ImagingAct> Find(IEnumerable<CodedValue> coded) => coded
        .SelectMany(Statements.CodesOf)
        .Select(code => tables.ImagingOf(code.System, code.Code))
        .OfType<ImagingAct>();
}
