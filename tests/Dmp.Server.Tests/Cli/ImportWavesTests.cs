using CsCheck;
using Dmp.Cli.Import;
using Xunit;

namespace Dmp.Server.Tests.Cli;

/// <summary>The order in which documents of one source are sent.</summary>
public sealed class ImportWavesTests
{
    [Fact]
    public void Every_document_comes_once_and_after_what_it_replaces() =>
        Gen.Select(Gen.Int[0, 14], Gen.Int[-1, 14], Gen.Int[-1, 14], Gen.Bool).Array[0, 15].Sample(links =>
        {
            // Only earlier ones are replaced here, so there is no circle; the order of the list is another.
            var documents = links.Select((link, i) => new PlannedDocument
            {
                Key = $"k{i}",
                UniqueId = link.Item4 ? $"urn:oid:1.2.{i}" : $"1.2.{i}",
                ReplacedIds = link.Item2 >= 0 && link.Item2 < i ? [$"1.2.{link.Item2}", "1.9.9"] : [],
                ReplacesKey = link.Item3 >= 0 && link.Item3 < i ? $"k{link.Item3}" : null,
            }).OrderBy(document => links[int.Parse(document.Key[1..], System.Globalization.CultureInfo.InvariantCulture)].Item1).ToList();

            var waves = ImportWaves.Of(documents);

            Assert.Equal(
                documents.Select(document => document.Key).Order(),
                waves.SelectMany(wave => wave).Select(document => document.Key).Order());
            var places = waves.SelectMany((wave, place) => wave.Select(document => (document.Key, place))).ToDictionary();
            foreach (var document in documents)
            {
                Assert.All(
                    document.ReplacedIds.Where(id => id != "1.9.9"), id => Assert.True(places[$"k{id[4..]}"] < places[document.Key]));
                Assert.True(document.ReplacesKey is null || places[document.ReplacesKey] < places[document.Key]);
            }
        });

    [Fact]
    public void Documents_that_replace_each_other_come_last_together()
    {
        PlannedDocument free = new() { Key = "a", UniqueId = "1" }, one = new() { Key = "b", UniqueId = "2", ReplacedIds = ["3"] },
            two = new() { Key = "c", UniqueId = "3", ReplacedIds = ["2"] },
            itself = new() { Key = "d", UniqueId = "4", ReplacedIds = ["4"] };
        Assert.Equal(["a d", "b c"], ImportWaves.Of([one, two, free, itself]).Select(
            wave => string.Join(' ', wave.Select(document => document.Key).Order())));
    }
}
