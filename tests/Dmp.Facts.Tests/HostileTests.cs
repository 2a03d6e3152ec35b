using System.Text;
using CsCheck;
using Dmp.Facts.Model;
using Xunit;

namespace Dmp.Facts.Tests;

/// <summary>Documents made to harm, and documents that are none: bounded, told, and never thrown.</summary>
public sealed class HostileTests
{
    private const string Statement =
        """
        <substanceAdministration classCode="SBADM" moodCode="EVN"><consumable><manufacturedProduct><manufacturedMaterial>
        <code code="63564053" codeSystem="1.2.250.1.213.2.3.1"/></manufacturedMaterial></manufacturedProduct></consumable>
        </substanceAdministration>
        """;

    [Fact]
    public void So_many_entries_are_read_up_to_the_limit_and_counted_behind_it()
    {
        var other = string.Concat(Enumerable.Repeat("<entry><observation classCode=\"OBS\" moodCode=\"EVN\"/></entry>", 200_000));
        var reading = Read(Document(other));
        Assert.Empty(reading.Facts);
        Assert.Equal((UnreadReason.SaysNothing, 200_000), (Assert.Single(reading.Unread).Reason, reading.Unread[0].Count));

        reading = Read(Document(string.Concat(Enumerable.Repeat($"<entry>{Statement}</entry>", 7_000))));
        Assert.Equal(5_000, reading.Of<Medication>().Count);
        Assert.Equal((UnreadReason.TooMany, 2_000), (Assert.Single(reading.Unread).Reason, reading.Unread[0].Count));
    }

    [Fact]
    public void An_entry_that_is_too_large_is_told_and_the_next_one_is_read()
    {
        var large = string.Concat(Enumerable.Repeat("<id root=\"1.2\"/>", 30_000));
        var reading = Read(Document($"<entry><act>{large}</act></entry><entry>{Statement}</entry>"));
        Assert.Equal(UnreadReason.TooLarge, Assert.Single(reading.Unread).Reason);
        Assert.Equal("63564053", Assert.Single(reading.Of<Medication>()).Product.CodeOf(MedicineProduct.Cis));
    }

    [Fact]
    public void Nesting_without_end_ends_the_reading_and_keeps_what_came_before()
    {
        var deep = string.Concat(Enumerable.Repeat("<component><section>", 5_000))
            + string.Concat(Enumerable.Repeat("</section></component>", 5_000));
        var reading = Read(Document($"<entry>{Statement}</entry>{deep}"));
        Assert.Single(reading.Of<Medication>());
        Assert.Contains("deep", reading.Failure, StringComparison.Ordinal);

        // Inside of an entry too, and in elements of others.
        foreach (var name in new[] { "act", "x:act xmlns:x=\"urn:x\"" })
        {
            var entry = string.Concat(Enumerable.Repeat($"<{name}>", 5_000))
                + string.Concat(Enumerable.Repeat($"</{name.Split(' ')[0]}>", 5_000));
            reading = Read(Document($"<entry>{Statement}</entry><entry>{entry}</entry>"));
            Assert.Single(reading.Of<Medication>());
            Assert.Contains("deep", reading.Failure, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Elements_of_others_say_nothing_and_keep_nothing()
    {
        var foreign = $"<x:code xmlns:x=\"urn:{new string('x', 500_000)}\" code=\"1\"><x:y>{new string('z', 500_000)}</x:y></x:code>";
        var stated = Statement.Replace("<manufacturedMaterial>", $"<manufacturedMaterial>{foreign}", StringComparison.Ordinal)
            .Replace("<code code=", "<code xmlns:x=\"urn:y\" x:code=\"2\" code=", StringComparison.Ordinal);
        var reading = Read(Document($"<entry>{stated}</entry>"));
        Assert.Equal(["63564053"], Assert.Single(reading.Of<Medication>()).Product.Codes.Select(code => code.Code));
    }

    [Fact]
    public void An_attribute_or_a_comment_of_any_length_ends_the_reading()
    {
        foreach (var tag in new[] { $"<act x=\"{new string('x', 3_000_000)}\"/>", $"<!--{new string('x', 3_000_000)}-->" })
        {
            var reading = Read(Document($"<entry>{Statement}</entry><entry>{tag}</entry>"));
            Assert.Single(reading.Of<Medication>());
            Assert.NotNull(reading.Failure);
        }
    }

    [Theory]
    [InlineData("<subject><relatedSubject><code code=\"MTH\"/></relatedSubject></subject>", "", "MTH")]
    [InlineData("", "<subject><relatedSubject/></subject>", null)]
    public void What_somebody_else_has_is_never_the_patient_s(string ofSection, string ofConcern, string? code)
    {
        const string allergy = "<entryRelationship><observation><code code=\"609328004\"/></observation></entryRelationship>";
        var section = $"{ofSection}<entry><act>{ofConcern}{allergy}</act></entry><entry><act>{ofConcern}{Statement}</act></entry>";
        var reading = Read(Document(section).Replace("10160-0", "48765-2", StringComparison.Ordinal));
        Assert.Equal(code, Assert.Single(reading.Of<Allergy>()).Subject!.Code);
        Assert.Equal(code, Assert.Single(reading.Of<Medication>()).Subject!.Code);
    }

    /// <summary>What stands around many statements is made once: these took gigabytes, and minutes.</summary>
    [Fact]
    public void What_many_statements_share_is_not_made_for_each()
    {
        var translations = string.Concat(Enumerable.Repeat("<translation code=\"1\"/>", 15_000));
        var subject = $"<subject><relatedSubject><code>{translations}</code></relatedSubject></subject>";
        var author = $"<author><assignedAuthor><assignedPerson><name>{string.Concat(Enumerable.Repeat("<given>x</given>", 4_000))}</name>"
            + "</assignedPerson></assignedAuthor></author>";
        var entries = string.Concat(Enumerable.Repeat("<entry><observation><code code=\"1-8\"/></observation></entry>", 5_000));
        var within = $"<entry><organizer><code>{translations[..40_000]}</code>"
            + string.Concat(Enumerable.Repeat("<component><observation><code code=\"1\"/></observation></component>", 4_000))
            + "</organizer></entry>";
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reading = Read(Document($"{subject}{author}{entries}{within}"));
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(5_000, reading.Facts.Count);
        Assert.Contains(reading.Unread, unread => unread is { Reason: UnreadReason.TooLarge, Count: > 14_000 });
        Assert.InRange(allocated, 0, 200_000_000);
    }

    [Fact]
    public void Entries_of_any_length_are_kept_up_to_a_limit()
    {
        var text = new string('x', 3_900);
        var long_ = string.Concat(Enumerable.Range(0, 1_500).Select(_ => $"<id root=\"1\" extension=\"{text}\"/>"));
        var entry = string.Concat(Enumerable.Range(0, 900).Select(_ => $"<id root=\"1\" extension=\"{text}\"/>"));
        var one = $"<entry><observation>{entry}<code code=\"1-8\"/></observation></entry>";
        var reading = Read(Document($"<entry><observation>{long_}</observation></entry>{string.Concat(Enumerable.Repeat(one, 12))}"));
        Assert.Contains(reading.Unread, unread => unread is { Reason: UnreadReason.TooLarge, Count: 1 });
        Assert.Contains(reading.Unread, unread => unread.Reason == UnreadReason.TooMany);
        Assert.InRange(reading.Facts.Count, 5, 11);
    }

    [Fact]
    public void A_narrative_of_any_length_is_kept_within_its_limit()
    {
        var words = $"<text><content ID=\"a\">{new string('x', 10_000_000)}</content><content ID=\"b\">court</content></text>";
        var pointing = Statement.Replace(
            "<consumable>", "<text><reference value=\"#a\"/></text><consumable>", StringComparison.Ordinal);
        var reading = Read(Document($"{words}<entry>{pointing}</entry>"));
        Assert.Equal(4_000, Assert.Single(reading.Of<Medication>()).Text!.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no document")]
    [InlineData("<a>")]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>")]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-7\"?><a/>")]
    public void What_is_no_document_is_told(string text)
    {
        var reading = Read(text);
        Assert.Empty(reading.Of<Medication>());
        Assert.NotNull(reading.Failure);
    }

    [Fact]
    public void A_document_that_is_cut_off_keeps_what_came_before()
    {
        var whole = Document($"<entry>{Statement}</entry><entry>{Statement}</entry>");
        var reading = Read(whole[..(whole.LastIndexOf("<entry>", StringComparison.Ordinal) + 40)]);
        Assert.Single(reading.Of<Medication>());
        Assert.NotNull(reading.Failure);
    }

    [Theory]
    [InlineData("iso-8859-1")]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    public void Words_are_read_in_the_encoding_of_the_document(string encoding)
    {
        var named = Statement.Replace("<code ", "<name>Préparation</name><code ", StringComparison.Ordinal);
        var text = $"<?xml version=\"1.0\" encoding=\"{encoding}\"?>{Document($"<entry>{named}</entry>")}";
        var written = Encoding.GetEncoding(encoding);
        using var stream = new MemoryStream([.. written.GetPreamble(), .. written.GetBytes(text)]);
        Assert.Equal("Préparation", Assert.Single(CdaFactReader.Read(stream).Of<Medication>()).Product.Name);
    }

    [Fact]
    public void A_document_with_any_byte_changed_is_answered()
    {
        var bytes = Encoding.UTF8.GetBytes(Document($"<text><content ID=\"a\">mots</content></text><entry>{Statement}</entry>"));
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Sample(
            (place, value) =>
            {
                var changed = bytes.ToArray();
                changed[place] = value;
                using var stream = new MemoryStream(changed);
                var reading = CdaFactReader.Read(stream);

                // Read to its end, the one entry became a fact, or is counted, or is no entry of a section any more.
                return reading.Of<Medication>().Count + reading.Unread.Sum(unread => unread.Count) <= 2;
            },
            iter: 20_000);
    }

    private static FactReading Read(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return CdaFactReader.Read(stream);
    }

    private static string Document(string section) =>
        $"""
        <ClinicalDocument xmlns="urn:hl7-org:v3"><component><structuredBody><component><section>
        <code code="10160-0"/><title>Traitements</title>{section}</section></component></structuredBody></component></ClinicalDocument>
        """;
}
