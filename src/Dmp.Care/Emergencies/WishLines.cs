using Dmp.Care.V1;
using Dmp.Facts.V1;

namespace Dmp.Care.Emergencies;

/// <summary>
/// Whom to call (P15), directives and donation (P16, P17): what the patient stated, and documents in which directives stand. That they
/// exist, of which date, where to open them: nothing of their content.
/// </summary>
internal sealed class WishLines(SummaryLines lines)
{
    private const string FrenchTypes = "1.2.250.1.213.1.1.4.12";
    private const int DirectivesMax = 10;
    private const int PeopleMax = 10;

    public PeopleBlock People(SummaryWishes? wishes)
    {
        PeopleBlock block = new();
        block.Lines.AddRange((wishes?.People ?? [])
            .OrderBy(person => person.Kind)
            .Take(PeopleMax)
            .Select(person => new PersonLine
            {
                Kind = person.Kind,
                PhoneNumber = ShownText.Of(person.PhoneNumber, 40),
                Line = Made(
                    $"{lines.Words.Person(person.Kind)}{lines.Words.Colon}{person.Name}",
                    [person.PhoneNumber, lines.Words.Relation(person.Relation)],
                    person.Since,
                    TimePrecision.Time),
            }));
        return block;
    }

    public WishBlock Wishes(SummaryFacts facts, IEnumerable<CareDocument> unread, SummaryWishes? wishes)
    {
        WishBlock block = new() { DonationReminder = lines.Words.DonationReminder };
        List<CareDocument> documents = [.. facts.Documents, .. unread];
        block.Directives.AddRange(Stated(documents, wishes)
            .Concat(Documents(facts, documents, wishes))
            .OrderByDescending(one => one.Time)
            .ThenBy(one => one.Line.Document?.UniqueId, StringComparer.Ordinal)
            .ThenBy(one => one.Line.Document?.DocumentId, StringComparer.Ordinal)
            .Select(one => one.Line)
            .Take(DirectivesMax));
        if (wishes?.Donation is { } donation)
        {
            block.Donation = Made(DonationTitle(donation), [], donation.Time, TimePrecision.Time);
        }

        return block;
    }

    /// <summary>Statements that there are no directives, where no document has any.</summary>
    public IEnumerable<NoneStated> NoDirectives(SummaryFacts facts) =>
        NoneStatements.Of(lines, DirectiveFacts(facts).Where(stated => SaysNo(stated.Fact)), 1);

    /// <summary>What the patient stated, with the document that holds it as it was signed.</summary>
    private IEnumerable<(DirectiveLine Line, DateTimeOffset Time)> Stated(IReadOnlyList<CareDocument> documents, SummaryWishes? wishes) =>
        (wishes?.Directives ?? []).Select(directive =>
        {
            DateTimeOffset day = new(directive.WriteDate, TimeOnly.MinValue, TimeSpan.Zero);
            var document = documents.FirstOrDefault(document => document.DocumentId == directive.DocumentId)?.Source();
            var line = Made(
                lines.Words.In("Directives anticipées du patient", "Advance directives of the patient"),
                [
                    document is null
                        ? lines.Words.In("à lire dans les volontés du dossier", "to be read in the wishes of the record")
                        : lines.Words.In("document à ouvrir", "document to open"),
                ],
                day,
                TimePrecision.Day);
            if (document is not null)
            {
                line.Sources.Add(document);
            }

            return (new DirectiveLine { Line = line, Document = document }, day);
        });

    /// <summary>Documents that are directives, but for the one that the patient names, and documents that speak of some.</summary>
    private IEnumerable<(DirectiveLine Line, DateTimeOffset Time)> Documents(
        SummaryFacts facts, IReadOnlyList<CareDocument> documents, SummaryWishes? wishes)
    {
        var named = (wishes?.Directives ?? []).Select(directive => directive.DocumentId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        var own = documents
            .Where(document => !named.Contains(document.DocumentId))
            .Where(document => document.Metadata.Type is { System: FrenchTypes, Code: "EXPPAT_3" or "EXPPAT_1" })
            .Select(document => (
                Source: document.Source(),
                Title: document.Metadata.Type.Code == "EXPPAT_3"
                    ? lines.Words.In("Directives anticipées", "Advance directives")
                    : lines.Words.In("Volontés et droits du patient", "Wishes and rights of the patient")));
        var spokenOf = DirectiveFacts(facts)
            .Where(stated => !SaysNo(stated.Fact) && stated.Document.Metadata.Type is not { System: FrenchTypes, Code: "EXPPAT_3" })
            .GroupBy(stated => stated.Document, ReferenceEqualityComparer.Instance)
            .Select(group => (
                Newest.Of([.. group]).Source,
                Title: lines.Words.In("Directives anticipées citées dans un document", "Advance directives named in a document")));
        return own.Concat(spokenOf).Select(one => (
            new DirectiveLine
            {
                Line = lines.Line(
                    one.Title,
                    [ShownText.Of(one.Source.DocumentType?.Display, 100), lines.Words.In("document à ouvrir", "document to open")],
                    [one.Source]),
                Document = one.Source,
            },
            one.Source.StatedTime?.ToDateTimeOffset() ?? DateTimeOffset.MinValue));
    }

    private static IEnumerable<Stated> DirectiveFacts(SummaryFacts facts) => facts.Of(Fact.KindOneofCase.Observation)
        .Where(stated => stated.Fact.Observation.Kind == ObservationKind.AdvanceDirective);

    /// <summary>That there are none: of the whole, and not of one measure that the patient refuses.</summary>
    private static bool SaysNo(Fact fact) => SummaryFacts.SaysNone(fact)
        || (fact.Observation.Code?.Code == "42348-3"
            && (fact.Negated
                || fact.Observation.Values.Any(value => value.ValueCase == ObservedValue.ValueOneofCase.Truth && !value.Truth)));

    private string DonationTitle(SummaryDonation donation)
    {
        var words = lines.Words;
        return words.In("Déclaration du patient : ", "Statement of the patient: ") + donation.Kind switch
        {
            SummaryDonationKind.NotOpposed => words.In("ne s'oppose pas au don", "does not oppose donation"),
            SummaryDonationKind.Opposed => words.In("s'oppose au don", "opposes donation"),
            _ => words.In("s'oppose en partie : ", "opposes in part: ") + donation.Exceptions,
        };
    }

    /// <summary>A line of what the patient stated beside documents.</summary>
    private SummaryLine Made(string title, IEnumerable<string> details, DateTimeOffset? time, TimePrecision precision)
    {
        var line = lines.Line(title, details, []);
        if (time is { } since)
        {
            line.Age = lines.Ages.Ago(since, precision);
            line.Origin = $"{lines.Ages.Date(since, precision)}, {line.Age}";
        }

        return line;
    }
}
