using System.Text;
using CsCheck;
using Xunit;

namespace Dmp.Fhir.Tests;

/// <summary>The files that a document carries, and bytes that are made to harm whoever looks for them.</summary>
public sealed class PartTests
{
    private const string Pdf = "JVBERi0xLjcKPj4/";

    public static TheoryData<string> Samples => [.. Documents.Samples()];

    [Theory]
    [InlineData("\"content\":[{\"attachment\":{\"contentType\":\"application/pdf\",\"data\":\"JVBERi0xLjcKPj4/\"}}]")]
    [InlineData("\"content\":[{\"attachment\":{\"data\":\"JVBERi0xLjcKPj4/\",\"title\":\"x\",\"contentType\":\"application/pdf\"}}]")]
    [InlineData("\"content\":[{\"attachment\":{\"d\\u0061ta\":\" JVBE\\r\\nRi0xLjcKPj4\\/ \",\"contentType\":\"application\\/pdf\"}}]")]
    [InlineData("\"content\":[{\"attachment\":{\"data\":\"JVBERi0xLjc\\u004bPj4\\u002F\",\"contentType\":\"application/pdf\"}}]")]
    [InlineData("\"content\":[{\"attachment\":{\"data\":[\"JVBERi0xLjcKPj4/\"],\"contentType\":\"application/pdf\"}}]")]
    [InlineData("\"content\":[{\"attachment\":{\"data\":\"JVBERi0xLjcKPj4/\",\"contentType\":\"application/pdf\",\"dimensions\":1}}]")]
    public void An_attachment_is_a_file_whatever_the_order_of_its_members(string members)
    {
        var file = Assert.IsType<FhirFile>(Assert.Single(Read(Json(members))));
        Assert.Equal(("Bundle.entry[1].resource.content.attachment.data", "application/pdf", false), Told(file));
        Assert.Equal(Convert.FromBase64String(Pdf), file.Bytes);
    }

    [Theory]
    [InlineData("<contentType value=\"application/pdf\"/><data value=\"JVBERi0xLjcKPj4/\"/>")]
    [InlineData("<data value=\" JVBE&#xA;Ri0xLjcK\r\nPj4/\"/><title value=\"x\"/><contentType value=\"application/pdf\"></contentType>")]
    public void An_attachment_in_xml_is_the_same_file(string elements)
    {
        var file = Assert.IsType<FhirFile>(Assert.Single(Read(Xml($"<content><attachment>{elements}</attachment></content>"))));
        Assert.Equal(("Bundle.entry[1].resource.content.attachment.data", "application/pdf", false), Told(file));
        Assert.Equal(Convert.FromBase64String(Pdf), file.Bytes);
    }

    [Fact]
    public void Binaries_signatures_and_extensions_carry_files_too()
    {
        (string, string?, bool)[] expected =
        [
            ("Bundle.entry[1].resource.contained.data", "text/plain", false),
            ("Bundle.entry[1].resource.contained[1].extension[1].valueBase64Binary", null, false),
            ("Bundle.entry[1].resource.birthDate.extension.valueBase64Binary", null, false),
            ("Bundle.signature.data", null, false),
        ];
        Assert.Equal(expected, Files(Json(
            """
            "contained":[{"resourceType":"Binary","contentType":"text/plain","data":"bW90cw=="},
            {"resourceType":"Basic","extension":[{"url":"u"},{"url":"u","valueBase64Binary":"bW90cw"}]}],
            "_birthDate":{"extension":[{"valueBase64Binary":"bW90cw=="}]}
            """,
            ",\"signature\":{\"sigFormat\":\"application/jose\",\"data\":\"bW90cw==\"}")));
        Assert.Equal(expected, Files(Xml(
            """
            <contained><Binary><contentType value="text/plain"/><data value="bW90cw=="/></Binary></contained>
            <contained><Basic><extension url="u"/><extension url="u"><valueBase64Binary value="bW90cw"/></extension></Basic></contained>
            <birthDate><extension><valueBase64Binary value="bW90cw=="/></extension></birthDate>
            """,
            "<signature><sigFormat value=\"application/jose\"/><data value=\"bW90cw==\"/></signature>")));
    }

    [Theory]
    [InlineData("A")]
    [InlineData("AAAAA")]
    [InlineData("AA==AAAA")]
    [InlineData("AAAA=")]
    [InlineData("AA=A")]
    [InlineData("AA*A")]
    [InlineData("AAAé")]
    [InlineData("AAA_")]
    [InlineData("====")]
    public void What_is_no_base_64_is_told(string data)
    {
        foreach (var bytes in Both($"\"data\":\"{data}\"", $"<data value=\"{data}\"/>"))
        {
            var file = Assert.IsType<FhirFile>(Assert.Single(Read(bytes)));
            Assert.Equal((true, 0), (file.IsMalformed, file.Bytes.Length));
        }
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("bW90cw", "mots")]
    [InlineData("bW90cw=", "mots")]
    [InlineData(" b W 9 0 c w = = ", "mots")]
    [InlineData("bW90  cw==", "mots")]
    [InlineData("bW90c2Rl", "motsde")]
    public void Base_64_may_have_blanks_and_lack_its_end(string data, string text)
    {
        foreach (var bytes in Both($"\"data\":\"{data}\"", $"<data value=\"{data}\"/>"))
        {
            var file = Assert.IsType<FhirFile>(Assert.Single(Read(bytes)));
            Assert.Equal((false, text), (file.IsMalformed, Encoding.UTF8.GetString(file.Bytes.Span)));
        }
    }

    [Fact]
    public void Half_a_character_is_no_base_64() =>
        Assert.True(Assert.IsType<FhirFile>(Assert.Single(Read(Json("\"data\":\"AAAA\\ud800\"")))).IsMalformed);

    [Fact]
    public void Base_64_of_any_bytes_is_read() => Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[1, 80]).Sample((bytes, width) =>
    {
        var lines = string.Join("\\r\\n ", Convert.ToBase64String(bytes).Chunk(width).Select(line => new string(line)));
        return Assert.IsType<FhirFile>(Assert.Single(Read(Json($"\"data\":\"{lines}\"")))).Bytes.Span.SequenceEqual(bytes);
    });

    [Fact]
    public void Numbers_of_sampled_data_are_no_file_and_a_file_is_no_sampled_data()
    {
        foreach (var bytes in Both(
            "\"valueSampledData\":{\"period\":1,\"data\":\"2.5 -4 E U L 1e3\",\"dimensions\":1}",
            "<valueSampledData><period value=\"1\"/><dimensions value=\"1\"/><data value=\"2.5 -4 E U L 1e3\"/></valueSampledData>"))
        {
            Assert.Empty(Read(bytes));
        }

        foreach (var bytes in Both(
            $"\"attachment\":{{\"dimensions\":1,\"data\":\"{Pdf}\"}}",
            $"<attachment><dimensions value=\"1\"/><data value=\"{Pdf}\"/></attachment>"))
        {
            Assert.Equal(12, Assert.IsType<FhirFile>(Assert.Single(Read(bytes))).Bytes.Length);
        }
    }

    [Fact]
    public void Elements_called_data_that_hold_others_are_no_file()
    {
        foreach (var bytes in Both(
            "\"provision\":{\"data\":[{\"meaning\":\"related\",\"reference\":{\"display\":\"x\"}}]}",
            "<provision><data><meaning value=\"related\"/></data><data><meaning value=\"instance\"/></data></provision>"))
        {
            Assert.Empty(Read(bytes));
        }
    }

    [Theory]
    [InlineData("data:image/png;base64,bW90cw==", "image/png", "mots", false)]
    [InlineData(" DA\tTA:text/plain;charset=utf-8;base64,bW9 0%63w", "text/plain", "mots", false)]
    [InlineData("data:,a%20b", null, "a b", false)]
    [InlineData("data:text/plain,100%", "text/plain", "100%", false)]
    [InlineData("data:application/pdf;base64,!", "application/pdf", "", true)]
    [InlineData("data:application/pdf", "application/pdf", "", true)]
    public void An_address_may_be_a_file(string address, string? mediaType, string text, bool isMalformed)
    {
        var json = address.Replace("\t", "\\t", StringComparison.Ordinal);
        var xml = address.Replace("\t", "&#9;", StringComparison.Ordinal);
        foreach (var bytes in Both(
            $"\"photo\":{{\"url\":\"{json}\"}},\"valueUri\":\"urn:x\"",
            $"<photo><url value=\"{xml}\"/></photo><valueUri value=\"urn:x\"/>"))
        {
            var file = Assert.IsType<FhirFile>(Assert.Single(Read(bytes)));
            Assert.Equal(("Bundle.entry[1].resource.photo.url", mediaType, isMalformed), Told(file));
            Assert.Equal(text, Encoding.UTF8.GetString(file.Bytes.Span));
        }

        Assert.Single(Read(Xml($"<extension url=\"{xml}\"/>")));
    }

    /// <summary>Whoever shows an attachment makes a link of its address.</summary>
    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData(" JAVA\tscript:alert(1)")]
    [InlineData("vbscript:x")]
    public void An_address_may_run_nothing(string address)
    {
        var json = address.Replace("\t", "\\t", StringComparison.Ordinal);
        var xml = address.Replace("\t", "&#9;", StringComparison.Ordinal);
        foreach (var bytes in Both($"\"photo\":{{\"url\":\"{json}\"}}", $"<photo><url value=\"{xml}\"/></photo>"))
        {
            Assert.Equal(
                new FhirActivePart("Bundle.entry[1].resource.photo.url", "script address"), Assert.Single(Read(bytes)));
        }
    }

    [Fact]
    public void What_stands_before_the_bytes_of_an_address_has_a_bound()
    {
        var address = $"data:{string.Concat(Enumerable.Repeat("a;", 500_000))},x";
        var file = Assert.IsType<FhirFile>(Assert.Single(Read(Json($"\"photo\":{{\"url\":\"{address}\"}}"))));
        Assert.True(file.IsMalformed);
    }

    [Fact]
    public void A_place_has_names_that_could_be_fhirs_and_a_bound()
    {
        var secret = string.Concat(Enumerable.Repeat("{\"Jeanne Exemple\":", 2)) + "{\"data\":\"AAAA\"}}}";
        Assert.Equal("Bundle.entry[1].resource.a.?.?.data", Assert.Single(Read(Json($"\"a\":{secret}"))).Place);
        var deep = string.Concat(Enumerable.Repeat("{\"extension\":[1,", 45))
            + "{\"data\":\"AAAA\"}" + string.Concat(Enumerable.Repeat("]}", 45));
        var place = Assert.Single(Read(Json($"\"a\":{deep}"))).Place;
        Assert.EndsWith(".?.data", place, StringComparison.Ordinal);
        Assert.InRange(place.Length, 100, 199);
        Assert.Equal("Bundle.entry[1].resource.?", Assert.Single(Read(Json($"\"{new string('a', 60)}Base64Binary\":\"AAAA\""))).Place);
    }

    /// <summary>Which of two would be shown is not known, and the readers refuse a name twice where they keep it.</summary>
    [Fact]
    public void A_file_with_two_contents_ends_the_looking()
    {
        foreach (var bytes in Both(
            "\"data\":\"AAAA\",\"data\":\"BBBB\"", "<a><data value=\"AAAA\"/><data value=\"BBBB\"/></a>"))
        {
            Assert.Equal(FhirFaultKind.RepeatedName, Assert.IsType<FhirUnseenPart>(Assert.Single(Read(bytes))).Why);
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void Published_documents_carry_nothing_that_acts(string sample)
    {
        var json = Documents.Sample(sample);
        var xml = LibraryTests.Xml(json);
        Assert.Empty(Read(json));
        Assert.Empty(Read(xml));

        // One file more, in the last entry of each.
        var end = json.AsSpan().LastIndexOf((byte)'}');
        byte[] more = [.. json.AsSpan(0, end), .. ",\"signature\":{\"data\":\"AAAA\"}}"u8];
        Assert.Equal("Bundle.signature.data", Assert.Single(Read(more)).Place);
        Gen.Select(Gen.Int[0, json.Length - 1], Gen.Int[0, xml.Length - 1], Gen.Byte).Sample(
            (place, other, value) => Answered(json, place, value) && Answered(xml, other, value), iter: 20, threads: 1);
    }

    [Fact]
    public void Any_bytes_are_answered()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => Read(bytes).Count <= 201);
        string[] pieces =
        [
            "{", "}", "[", "]", ",", ":", "\"data\"", "\"contentType\"", "\"text\"", "\"div\"", "\"url\"", "\"data:,x\"",
            "\"<img src='data:image/a,\"",
            "\"A\"", "\"\\ud800\"", "1", "null", "<a>", "</a>", "<data value='AA'/>", "<Bundle xmlns='http://hl7.org/fhir'>", "</Bundle>",
            "<text>", "<div xmlns='http://www.w3.org/1999/xhtml' onload='x'>", "</div>", "<!--", "-->", "&#0;", "\uD83D\uDE00",
        ];
        Gen.Int[0, pieces.Length - 1].Array[0, 30].Sample(
            places => Read(Encoding.UTF8.GetBytes(string.Concat(places.Select(place => pieces[place])))).Count <= 31, iter: 20_000);
    }

    [Fact]
    public void A_document_with_any_byte_changed_or_cut_off_is_answered()
    {
        foreach (var bytes in Both(
            """
            "text":{"status":"generated","div":"<div><p onclick='x'>&#106;<img src='data:image/png;base64,AAAA'/></p></div>"},
            "photo":[{"contentType":"a/b","data":"bW9\u0030cw=="}],"_a":{"extension":[{"url":"data:,x"}]}
            """,
            """
            <text><div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x">&#106;<img src="data:image/png;base64,AAAA"/></p></div></text>
            <photo><contentType value="a/b"/><data value="bW90cw=="/></photo><extension url="data:,x"/>
            """))
        {
            Assert.Equal(4, Read(bytes).Count);
            for (var place = 0; place < bytes.Length; place++)
            {
                foreach (var value in (byte[])[0, (byte)'"', (byte)'{', (byte)'\\', (byte)'<', (byte)'&', 0xFF])
                {
                    Assert.True(Answered(bytes, place, value));
                }

                Assert.IsType<FhirUnseenPart>(Read(bytes.AsMemory(0, place))[^1]);
            }
        }
    }

    /// <summary>A million files: each is decoded when it is asked for, so that the first one costs nothing of the others.</summary>
    [Fact]
    public void Files_without_number_are_found_one_at_a_time()
    {
        var bytes = Json($"\"a\":[{string.Join(',', Enumerable.Repeat("{\"data\":\"AA==\"}", 1_000_000))}]");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("Bundle.entry[1].resource.a.data", FhirParts.Read(bytes).First().Place);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
        Assert.Equal(1_000_000, FhirParts.Read(bytes).Count());
        Assert.Equal("Bundle.entry[1].resource.a[999999].data", FhirParts.Read(bytes).Last().Place);

        var slow = FhirParts.Read(bytes, new FhirReaderOptions { TimeMax = TimeSpan.Zero }).ToList();
        Assert.Equal(FhirFaultKind.TooSlow, Assert.IsType<FhirUnseenPart>(slow[^1]).Why);
        Assert.InRange(slow.Count, 1, 10_000);
    }

    [Fact]
    public void A_file_as_long_as_its_document_is_read()
    {
        var data = Convert.ToBase64String(new byte[9_000_000]);
        foreach (var bytes in Both($"\"data\":\"{data}\"", $"<data value=\"{data}\"/>"))
        {
            Assert.Equal(9_000_000, Assert.IsType<FhirFile>(Assert.Single(Read(bytes))).Bytes.Length);
        }
    }

    [Theory]
    [InlineData("{\"extension\":[", "<extension>")]
    [InlineData("[", "<div xmlns=\"http://www.w3.org/1999/xhtml\">")]
    [InlineData("{\"text\":", "<text>")]
    public void Nesting_without_end_ends_the_looking(string json, string xml)
    {
        foreach (var bytes in Both(
            "\"a\":" + string.Concat(Enumerable.Repeat(json, 100_000)), string.Concat(Enumerable.Repeat(xml, 100_000))))
        {
            Assert.Equal(FhirFaultKind.TooDeep, Assert.IsType<FhirUnseenPart>(Assert.Single(Read(bytes))).Why);
        }
    }

    [Theory]
    [InlineData("", FhirFaultKind.Empty)]
    [InlineData("no document", FhirFaultKind.UnknownFormat)]
    [InlineData("{\"a\":1", FhirFaultKind.NotWellFormed)]
    [InlineData("{} {}", FhirFaultKind.NotWellFormed)]
    [InlineData("<!DOCTYPE a [<!ENTITY b \"c\">]><Bundle xmlns=\"http://hl7.org/fhir\">&b;</Bundle>", FhirFaultKind.NotWellFormed)]
    [InlineData("{\"url\":\"\\ud800\"}", FhirFaultKind.Encoding)]
    public void What_cannot_be_looked_through_is_told(string text, FhirFaultKind why) =>
        Assert.Equal(why, Assert.IsType<FhirUnseenPart>(Assert.Single(Read(Encoding.UTF8.GetBytes(text)))).Why);

    [Fact]
    public void A_document_that_is_too_long_or_no_utf_8_is_told()
    {
        var bytes = Json("\"a\":1");
        Assert.Equal(
            new FhirUnseenPart("Bundle", FhirFaultKind.DocumentTooLong),
            Assert.Single(FhirParts.Read(bytes, new FhirReaderOptions { DocumentBytesMax = 10 })));
        Assert.Equal(
            new FhirUnseenPart("Bundle", FhirFaultKind.Encoding),
            Assert.Single(Read((byte[])[.. bytes.AsSpan()[..^1], 0xFF, .. bytes.AsSpan()[^1..]])));
        Assert.Empty(Read((byte[])[0xEF, 0xBB, 0xBF, .. bytes]));
        Assert.Single(Read(
            (byte[])[.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(Xml("<data value=\"AAAA\"/>")))]));
    }

    internal static byte[] Json(string members, string more = "") => Encoding.UTF8.GetBytes(
        $$$"""
        {"resourceType":"Bundle","type":"document","entry":[{},{"resource":{"resourceType":"Basic",{{{members}}}}}]{{{more}}}}
        """);

    internal static byte[] Xml(string elements, string more = "") => Encoding.UTF8.GetBytes(
        $"""
        <Bundle xmlns="http://hl7.org/fhir"><type value="document"/><entry/><entry><resource><Basic>{elements}</Basic></resource></entry>
        {more}</Bundle>
        """);

    internal static byte[][] Both(string members, string elements) => [Json(members), Xml(elements)];

    internal static List<FhirPart> Read(ReadOnlyMemory<byte> bytes) => [.. FhirParts.Read(bytes)];

    private static IEnumerable<(string, string?, bool)> Files(byte[] bytes) =>
        Read(bytes).Select(part => Told(Assert.IsType<FhirFile>(part)));

    private static (string Place, string? MediaType, bool IsMalformed) Told(FhirFile file) =>
        (file.Place, file.MediaType, file.IsMalformed);

    private static bool Answered(byte[] bytes, int place, byte value)
    {
        var changed = bytes.ToArray();
        changed[place] = value;
        return Read(changed).Count <= 6;
    }
}
