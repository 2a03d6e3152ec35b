using System.Globalization;
using Dmp.Care.V1;
using Dmp.Document.V1;
using Dmp.Facts.V1;
using Google.Protobuf.WellKnownTypes;
using Xunit;

namespace Dmp.Care.Tests;

/// <summary>Who stated something, and when.</summary>
public sealed class SourceTests
{
    private static readonly DateTimeOffset came = new(2026, 6, 20, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset act = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("20260301", StatedTimeOrigin.Statement, TimePrecision.Day, "2026-03-01")]
    [InlineData("202602", StatedTimeOrigin.Statement, TimePrecision.Month, "2026-02-01")]
    [InlineData("2025", StatedTimeOrigin.Statement, TimePrecision.Year, "2025-01-01")]
    [InlineData("20620301", StatedTimeOrigin.Act, TimePrecision.Time, "2026-03-02")]
    [InlineData("31/02/2026", StatedTimeOrigin.Act, TimePrecision.Time, "2026-03-02")]
    [InlineData("", StatedTimeOrigin.Act, TimePrecision.Time, "2026-03-02")]
    public void A_statement_is_as_old_as_its_author_says_and_never_as_young_as_its_upload(
        string written, StatedTimeOrigin origin, TimePrecision precision, string day)
    {
        Fact fact = new()
        {
            Source = new FactSource { Entry = 3, Place = 1 },
            Author = new FactAuthor { Time = new Moment { Written = written } },
        };

        var source = Document(act, act.AddDays(1), fact).SourceOf(fact);

        var stated = source.StatedTime.ToDateTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Assert.Equal((origin, precision, day), (source.StatedOrigin, source.StatedPrecision, stated));
        Assert.Equal(("Anne Petit", 3, 1), (source.AuthorName, source.Entry, source.Place));
    }

    [Theory]
    [InlineData(MedicationRole.Dispensed, "20260410", "", "", "2026-04-10")]
    [InlineData(MedicationRole.Dispensed, "20620410", "", "", "2026-05-05")]
    [InlineData(MedicationRole.Administered, "", "20260402", "20260406", "2026-04-06")]
    [InlineData(MedicationRole.Administered, "", "20260402", "", "2026-05-05")]
    [InlineData(MedicationRole.Listed, "20260410", "20260402", "20260406", "2026-05-05")]
    public void What_was_handed_out_or_given_is_as_old_as_that(MedicationRole role, string supply, string low, string high, string day)
    {
        Fact fact = new()
        {
            Source = new FactSource(),
            Author = new FactAuthor { Time = new Moment { Written = "20260505" } },
            Medication = new Medication
            {
                Role = role,
                SupplyTime = new Moment { Written = supply },
                Period = new Stretch { Low = new Moment { Written = low }, High = new Moment { Written = high } },
            },
        };

        var source = Document(act, act, fact).SourceOf(fact);

        Assert.Equal(day, source.StatedTime.ToDateTime().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Assert.Equal(StatedTimeOrigin.Statement, source.StatedOrigin);
    }

    [Fact]
    public void An_act_to_come_does_not_date_what_is_said_of_it()
    {
        Fact fact = new() { Source = new FactSource() };

        var source = Document(came.AddMonths(2), came.AddDays(-1), fact).SourceOf(fact);

        Assert.Equal(StatedTimeOrigin.Creation, source.StatedOrigin);
        Assert.Equal(came.AddDays(-1).ToTimestamp(), source.StatedTime);
    }

    private static CareDocument Document(DateTimeOffset act, DateTimeOffset written, Fact fact) => new(
        "d",
        1,
        new DocumentMetadata
        {
            ServiceStartTime = act.ToTimestamp(),
            CreationTime = written.ToTimestamp(),
            Authors = { new Author { Person = new Person { GivenName = "Anne", FamilyName = "Petit", Id = "801234567897" } } },
        },
        ByPatient: false,
        came,
        [fact]);
}
