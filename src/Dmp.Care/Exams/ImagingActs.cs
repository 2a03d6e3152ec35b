using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Exams;

/// <summary>What pictures an act took, by its codes, its modality and its sites (rule E8).</summary>
/// <param name="tables">What acts are taken of.</param>
internal sealed class ImagingActs(ExamTables tables)
{
    private static readonly string[] leftWords = ["gauche", "gauches", "left"];
    private static readonly string[] rightWords = ["droit", "droite", "droits", "droites", "right"];
    private static readonly string[] bothWords =
        ["bilatéral", "bilatérale", "bilatéraux", "bilatérales", "bilateral", "des deux côtés", "des 2 côtés"];

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

    /// <summary>The side of any act, of pictures or not: by what narrows its sites and its code down, or else by their words.</summary>
    public static BodySide SideOf(ClinicalAct act)
    {
        List<CodedValue> coded = [.. act.Sites, .. act.Code is null ? [] : new[] { act.Code }];
        var sides = coded.SelectMany(one => one.Qualifiers).Select(qualifier => SideOf(qualifier.Value)).ToHashSet();
        sides.Remove(BodySide.Unspecified);
        if (sides.Count == 0)
        {
            sides = [.. coded.Select(SideInWords)];
            sides.Remove(BodySide.Unspecified);
        }

        return sides.Count switch
        {
            0 => BodySide.Unspecified,
            1 => sides.Single(),
            _ => BodySide.Both,
        };
    }

    /// <summary>Whether an act was of the other side than was asked.</summary>
    public static bool IsOtherSide(BodySide done, BodySide asked) =>
        done is BodySide.Left or BodySide.Right && asked != BodySide.Unspecified && done != asked;

    /// <summary>The side that words name.</summary>
    public static BodySide SideOf(TitleWords words) => (
        leftWords.Any(words.Has) || bothWords.Any(words.Has),
        rightWords.Any(words.Has) || bothWords.Any(words.Has)) switch
    {
        (true, true) => BodySide.Both,
        (true, false) => BodySide.Left,
        (false, true) => BodySide.Right,
        _ => BodySide.Unspecified,
    };

    private static BodySide SideOf(CodedValue? value) => value is null ? BodySide.Unspecified : value.Code switch
    {
        "7771000" or "L" or "G" => BodySide.Left,
        "24028007" or "R" or "D" => BodySide.Right,
        "51440002" or "B" => BodySide.Both,
        _ => SideInWords(value),
    };

    private static BodySide SideInWords(CodedValue value) =>
        SideOf(new TitleWords(value.Display.Length > 0 ? value.Display : value.Text));

    private IEnumerable<ImagingAct> Find(IEnumerable<CodedValue> coded) => coded
        .SelectMany(Statements.CodesOf)
        .Select(code => tables.ImagingOf(code.System, code.Code))
        .OfType<ImagingAct>();
}
