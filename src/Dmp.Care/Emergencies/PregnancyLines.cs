using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// The newest statement on a pregnancy (P13): a status, an expected date, or the first day of the last period. What is older than 42 weeks
/// is past, whatever it says.
/// </summary>
internal sealed class PregnancyLines(SummaryLines lines)
{
    private static readonly TimeSpan longest = TimeSpan.FromDays(42 * 7);
    private static readonly TimeSpan afterExpected = TimeSpan.FromDays(14);

    private static readonly HashSet<string> statusCodes = ["82810-3", "11449-6"];
    private static readonly HashSet<string> expectedCodes = ["11778-8", "11779-6", "11780-4", "57063-0"];
    private static readonly HashSet<string> pregnant = ["77386006", "LA15173-0"];
    private static readonly HashSet<string> notPregnant = ["60001007", "LA26683-5"];
    private const string LastPeriod = "8665-2";

    public PregnancyBlock Of(SummaryFacts facts)
    {
        var stated = facts.Of(Fact.KindOneofCase.Observation)
            .Where(one => one.Fact is { Absence: FactAbsence.Unspecified, Negated: false }
                && one.Fact.Observation.Code?.Code is { } code
                && (statusCodes.Contains(code) || expectedCodes.Contains(code) || code == LastPeriod))
            .ToList();
        return stated.Count == 0 ? new PregnancyBlock() : new PregnancyBlock { Line = LineOf(stated) };
    }

    private PregnancyLine? LineOf(IReadOnlyList<Stated> stated)
    {
        // What one document says belongs together: the newest one counts.
        var newest = Newest.Of(stated);
        var together = stated.Where(one => ReferenceEquals(one.Document, newest.Document)).ToList();
        var state = together.Select(one => StateOf(one.Fact.Observation)).FirstOrDefault(one => one != PregnancyState.Unspecified);
        var expected = together.Where(one => expectedCodes.Contains(one.Fact.Observation.Code.Code))
            .Select(MomentOf)
            .FirstOrDefault(IsWritten);
        var lastPeriod = together.Where(one => one.Fact.Observation.Code.Code == LastPeriod).Select(MomentOf).FirstOrDefault(IsWritten);
        if (state == PregnancyState.Unspecified && expected is null && lastPeriod is null)
        {
            return null;
        }

        var statedTime = newest.Source.StatedTime?.ToDateTimeOffset();
        var isOver = (expected is not null && StatedTimes.Read(expected.Written) is { } due && due.Time + afterExpected < lines.At)
            || (lastPeriod is not null && StatedTimes.Read(lastPeriod.Written) is { } last && last.Time + longest < lines.At)
            || statedTime + longest < lines.At;
        var told = state == PregnancyState.Unspecified && expected is not null ? PregnancyState.Pregnant : state;
        PregnancyLine line = new()
        {
            State = isOver && told != PregnancyState.NotPregnant ? PregnancyState.Past : told,
            ExpectedDate = expected?.Written ?? "",
        };
        line.Line = lines.Line(
            TitleOf(line.State),
            [
                IsWritten(expected) ? lines.Words.In("terme prévu : ", "expected date: ") + lines.Written(expected) : "",
                IsWritten(lastPeriod) ? lines.Words.In("dernières règles : ", "last period: ") + lines.Written(lastPeriod) : "",
                line.State == PregnancyState.NotPregnant && statedTime + longest < lines.At
                    ? lines.Words.In("déclaration de plus de 42 semaines", "stated more than 42 weeks ago") : "",
            ],
            together.Select(one => one.Source));
        return line;
    }

    private string TitleOf(PregnancyState state) => state switch
    {
        PregnancyState.Pregnant => lines.Words.In("Enceinte", "Pregnant"),
        PregnancyState.NotPregnant => lines.Words.In("Déclarée non enceinte", "Stated as not pregnant"),
        PregnancyState.Past => lines.Words.In("Grossesse passée (plus de 42 semaines)", "Past pregnancy (more than 42 weeks)"),
        _ => lines.Words.In("Grossesse possible : statut non précisé", "Pregnancy possible: status not stated"),
    };

    private static bool IsWritten(Moment? moment) => moment is { Written.Length: > 0 };

    private static Moment? MomentOf(Stated stated)
    {
        var observation = stated.Fact.Observation;
        return observation.Values.Select(value => value.Time?.Low).FirstOrDefault(IsWritten) ?? observation.Time?.Low;
    }

    private static PregnancyState StateOf(Observation observation)
    {
        var codes = observation.Values.Select(value => value.Code?.Code ?? "").ToList();
        return codes.Exists(pregnant.Contains) ? PregnancyState.Pregnant
            : codes.Exists(notPregnant.Contains) ? PregnancyState.NotPregnant
            : PregnancyState.Unspecified;
    }
}
