using CsCheck;
using Dmp.Server.Media;
using Xunit;

namespace Dmp.Server.Tests.Media;

/// <summary>A Key Object Selection is told from any other DICOM file, by its header alone.</summary>
public sealed class KosHeaderTests
{
    private static readonly KosBytes kos = new();

    [Theory]
    [InlineData(KosBytes.ExplicitLittleEndian)]
    [InlineData(KosBytes.ImplicitLittleEndian)]
    public void A_key_object_selection_is_accepted(string syntax) => Assert.Null(KosHeader.Check((kos with { Syntax = syntax }).Bytes));

    [Fact]
    public void Another_class_is_refused_by_name_in_the_header_and_in_the_data()
    {
        const string Ct = "1.2.840.10008.5.1.4.1.1.2";
        foreach (var other in (KosBytes[])
        [
            kos with { MediaClass = Ct }, kos with { DataClass = Ct }, kos with { MediaClass = Ct, DataClass = Ct },
        ])
        {
            var fault = KosHeader.Check(other.Bytes);
            Assert.Equal(MediaFaultKind.DicomNotAccepted, fault?.Kind);
            Assert.StartsWith($"Its SOP class is {Ct};", fault!.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.4.50")]
    public void Another_encoding_is_refused_by_name(string syntax)
    {
        var fault = KosHeader.Check((kos with { Syntax = syntax }).Bytes);
        Assert.Equal(MediaFaultKind.DicomNotAccepted, fault?.Kind);
        Assert.Contains(syntax, fault!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_preamble_that_holds_the_head_of_another_format_is_refused()
    {
        var preamble = new byte[128];
        "MZ"u8.CopyTo(preamble);
        Assert.Equal(MediaFaultKind.Ambiguous, KosHeader.Check((kos with { Preamble = preamble }).Bytes)?.Kind);
    }

    [Fact]
    public void A_class_that_is_no_identifier_is_not_repeated()
    {
        var fault = KosHeader.Check((kos with { MediaClass = "DUPONT^JEAN" }).Bytes);
        Assert.Equal(MediaFaultKind.DicomMalformed, fault?.Kind);
        Assert.DoesNotContain("DUPONT", fault!.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Elements_out_of_order_cannot_say_a_thing_twice()
    {
        using var file = new MemoryStream();
        file.Write(kos.Bytes.AsSpan(0, 132));
        KosBytes.Element(file, 0x0002_0010, "UI", "1.2.840.10008.1.2.1\0"u8, isExplicit: true);
        KosBytes.Element(file, 0x0002_0002, "UI", "1.2.840.10008.5.1.4.1.1.88.59\0"u8, isExplicit: true);
        Assert.Equal("Its elements are not in order.", KosHeader.Check(file.ToArray())?.Text);
    }

    [Fact]
    public void Cut_off_anywhere_it_is_malformed()
    {
        var whole = kos.Bytes;
        var needed = whole.Length - 60;
        for (var length = 0; length < needed; length++)
        {
            Assert.Equal(MediaFaultKind.DicomMalformed, KosHeader.Check(whole.AsSpan(0, length))?.Kind);
        }
    }

    [Fact]
    public void A_header_without_end_is_malformed()
    {
        using var file = new MemoryStream();
        file.Write(kos.Bytes.AsSpan(0, 132));
        for (var element = 1u; element < 6000; element++)
        {
            KosBytes.Element(file, 0x0002_0000 + element, "UI", "1\0"u8, isExplicit: true);
        }

        Assert.Equal("Its header has more than 256 elements.", KosHeader.Check(file.ToArray())?.Text);
    }

    [Fact]
    public void Any_bytes_are_answered() =>
        Gen.Select(Gen.Int[132, kos.Bytes.Length - 1], Gen.Byte.Array[0, 20]).Sample(
            (at, noise) =>
            {
                byte[] content = [.. kos.Bytes.AsSpan(0, at), .. noise, .. kos.Bytes.AsSpan(at)];
                return KosHeader.Check(content) is null or { Text.Length: > 0 };
            },
            iter: 3000);
}
