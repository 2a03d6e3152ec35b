using System.Text.RegularExpressions;
using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Devices and implants (P11), and acts that left one by their own words. What may be in a scanner is told in the words of a document that
/// says it, and never concluded from the kind of the device.
/// </summary>
internal sealed partial class DeviceLines(SummaryLines lines)
{
    private const int LinesMax = 20;
    private const int NoneMax = 5;

    public DeviceBlock Of(SummaryFacts facts)
    {
        var devices = facts.Of(Fact.KindOneofCase.Device).ToList();
        var placed = facts.Of(Fact.KindOneofCase.Act)
            .Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified }
                && LeavesDevice().IsMatch(CodeWords.Of(stated.Fact.Act.Code))
                && (StatedTimes.Begin(stated.Fact.Act.Period) is not { } begin || begin <= lines.At));
        var made = devices
            .Where(stated => stated.Fact is { Negated: false, Absence: FactAbsence.Unspecified } && TitleOf(stated.Fact).Length > 0)
            .GroupBy(stated => (
                CodeWords.Key(stated.Fact.Device.Code, TitleOf(stated.Fact)), stated.Fact.Device.Period?.Low?.Written ?? "",
                string.Join('|', stated.Fact.Device.DeviceIds)))
            .Select(group => LineOf(facts, [.. group], byAct: false))
            .Concat(placed
                .GroupBy(stated => (
                    CodeWords.Key(stated.Fact.Act.Code, TitleOf(stated.Fact)), stated.Fact.Act.Period?.Low?.Written ?? ""))
                .Select(group => LineOf(facts, [.. group], byAct: true)))
            .OrderByDescending(one => one.Time)
            .ThenBy(one => one.Line.Line.Title, StringComparer.Ordinal)
            .ThenBy(one => one.Line.Line.Origin, StringComparer.Ordinal)
            .Select(one => one.Line)
            .ToList();
        DeviceBlock block = new() { MoreLines = Math.Max(0, made.Count - LinesMax) };
        block.Lines.AddRange(made.Take(LinesMax));
        block.NoneStated.AddRange(NoneStatements.Of(lines, devices.Where(stated => SummaryFacts.SaysNone(stated.Fact)), NoneMax));
        return block;
    }

    private static string TitleOf(Fact fact)
    {
        var (code, model) = fact.KindCase == Fact.KindOneofCase.Device
            ? (fact.Device.Code, ShownText.Of(fact.Device.Model, 100)) : (fact.Act.Code, "");
        var title = CodeWords.Of(code);
        title = title.Length > 0 && !title.StartsWith("Autre ", StringComparison.OrdinalIgnoreCase) ? title
            : ShownText.Of(fact.Text) is { Length: > 0 } words ? words : title;
        return model.Length > 0 && !title.Contains(model, StringComparison.OrdinalIgnoreCase) ? $"{title} {model}".Trim() : title;
    }

    private (DeviceLine Line, DateTimeOffset Time) LineOf(SummaryFacts facts, IReadOnlyList<Stated> group, bool byAct)
    {
        var newest = Newest.Of(group);
        var fact = newest.Fact;
        var (code, period) = byAct ? (fact.Act.Code, fact.Act.Period) : (fact.Device.Code, fact.Device.Period);
        DeviceLine line = new()
        {
            Code = code is { Code.Length: > 0 } ? code : null,
            MrInformation = group.Select(stated => MrOf(facts, stated)).FirstOrDefault(words => words.Length > 0) ?? "",
            ByAct = byAct,
        };
        var words = lines.Words;
        var since = lines.Written(period?.Low);
        line.Line = lines.Line(
            TitleOf(fact),
            [
                byAct ? words.In("acte", "act") : "",
                since.Length > 0 ? since : words.In("date non précisée", "date not stated"),
                byAct ? CodeWords.Sites(fact.Act.Sites)
                    : string.Join(", ", (code?.Qualifiers ?? []).Select(one => CodeWords.Of(one.Value, 40))),
                byAct ? "" : string.Join(", ", fact.Device.DeviceIds.Select(id => ShownText.Of(id, 60)).Take(2)),
                line.MrInformation.Length > 0 ? words.In("IRM, selon le document : ", "MR, as documented: ") + line.MrInformation : "",
            ],
            group.Select(stated => stated.Source));
        return (line, StatedTimes.Begin(period) ?? DateTimeOffset.MinValue);
    }

    /// <summary>What the statement or a remark of its entry says of magnetic resonance.</summary>
    private static string MrOf(SummaryFacts facts, Stated stated) => facts.OfPatient
        .Where(one => ReferenceEquals(one.Document, stated.Document) && one.Fact.Source.Entry == stated.Fact.Source.Entry
            && (one.Fact.KindCase == Fact.KindOneofCase.Remark || ReferenceEquals(one.Fact, stated.Fact)))
        .Select(one => one.Fact.Text)
        .Where(text => SpeaksOfMr().IsMatch(text))
        .Select(text => ShownText.Of(text, 200))
        .FirstOrDefault("");

    [GeneratedRegex(@"\b(IRM|MRI|RMN|[Rr]ésonance magnétique|[Mm]agnetic resonance)\b", RegexOptions.CultureInvariant, 200)]
    private static partial Regex SpeaksOfMr();

    [GeneratedRegex(
        @"\b(endoproth[èe]ses?|stents?|pacemaker|(stimulateur|défibrillateur)s? cardiaques?|neurostimulateurs?"
        + @"|proth[èe]se (valvulaire|totale|de hanche|de genou)|valve (cardiaque|aortique|mitrale)|cathéter (à|avec) chambre"
        + @"|chambre implantable|pompe (à insuline|implantable)|dérivation (ventriculaire|ventriculopéritonéale)"
        + @"|clip (anévrisme|vasculaire)|implant cochléaire)\b",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase,
        200)]
    private static partial Regex LeavesDevice();
}
