using System.Text;
using Dmp.Annotations.V1;
using Dmp.Server.Errors;
using Xunit;

namespace Dmp.Server.Tests.Limits;

/// <summary>What a text of each kind may hold.</summary>
public sealed class TextRulesTests
{
    [Theory]
    [InlineData("DUPONT")]
    [InlineData("D'ANDRÉ")]
    [InlineData("d’Ornano")]
    [InlineData("L’HÉRITIER-LE GOFF")]
    [InlineData("Cœurdevey")]
    [InlineData("LE NOËL DE LA TOUR D'AUVERGNE")]
    [InlineData("Saint-Éxupéry")]
    [InlineData("N'Guyễn")]
    [InlineData("E\u0301lodie")] // an accent of its own, as macOS writes it
    [InlineData("St. John")]
    [InlineData("Ŀlúll")]
    [InlineData("بن علي")]
    [InlineData("Analyseur XN-1000 (Sysmex)")]
    public void Names_of_people_are_taken(string name) => Assert.Null(TextRules.FaultOf(name, TextKind.Name, 100));

    [Theory]
    [InlineData("DUPONT😀")]
    [InlineData("DU\u202ePONT")]
    [InlineData("DU\u200bPONT")]
    [InlineData("DU\u00adPONT")]
    [InlineData("DU\u200dPONT")]
    [InlineData("DU\u034fPONT")]
    [InlineData("DU\u3164PONT")]
    [InlineData("DU\ufe0fPONT")]
    [InlineData(" DUPONT")]
    [InlineData("DUPONT ")]
    [InlineData("DUPONT\u00a0")]
    [InlineData("DU\tPONT")]
    [InlineData("DU\nPONT")]
    [InlineData("DU\ue000PONT")]
    [InlineData("<b>DUPONT</b>")]
    [InlineData("\u2800")]
    public void Other_texts_are_no_names(string name) => Assert.NotNull(TextRules.FaultOf(name, TextKind.Name, 100));

    [Theory]
    [InlineData("Compte rendu d’hospitalisation : 10\u00a0% « urgent »")]
    [InlineData("می‌خواهم")] // Persian, with a zero width non-joiner that it needs
    [InlineData("क्‍ष")] // Devanagari with a joiner
    [InlineData("Vu par 👩‍⚕️")]
    [InlineData("❤️")]
    [InlineData("μ-globuline à 3 m²")]
    [InlineData(" titre ")]
    public void Lines_are_taken(string text) => Assert.Null(TextRules.FaultOf(text, TextKind.Line, 256));

    [Theory]
    [InlineData("CR \u202eabc", "Must not contain characters that change the direction of writing.")]
    [InlineData("CR \u200eabc", "Must not contain characters that change the direction of writing.")]
    [InlineData("CR\u200dabc", "Must not contain invisible characters.")]
    [InlineData("می\u200c", "Must not contain invisible characters.")]
    [InlineData("می\u200c x", "Must not contain invisible characters.")]
    [InlineData("\ufeffCR", "Must not contain invisible characters.")]
    [InlineData("CR\U000E0041", "Must not contain invisible characters.")]
    [InlineData("CR\ufffe", "Must not contain noncharacters of Unicode.")]
    [InlineData("CR\ufdd0", "Must not contain noncharacters of Unicode.")]
    [InlineData("CR\U0010FFFF", "Must not contain noncharacters of Unicode.")]
    [InlineData("CR\0", "Must not contain control characters.")]
    [InlineData("CR\u0085", "Must not contain control characters.")]
    [InlineData("CR\r\n", "Must be one line.")]
    [InlineData("CR\u2028", "Must be one line.")]
    [InlineData(" ", "Must not be blank.")]
    [InlineData("\u3000\u00a0", "Must not be blank.")]
    [InlineData("0123456789x", "Must have at most 10 characters.")]
    public void What_no_line_holds_is_told(string text, string fault)
    {
        Assert.Equal(fault, TextRules.FaultOf(text, TextKind.Line, 10));
        Assert.Equal(fault, TextRules.FaultOf(Encoding.UTF8.GetBytes(text), TextKind.Line, 10, out var isText));
        Assert.True(isText);
    }

    [Fact]
    public void Texts_of_several_lines_have_breaks_and_soft_hyphens() =>
        Assert.Null(TextRules.FaultOf("Traite\u00adment\r\n\t1. repos\n", TextKind.Lines, 100));

    [Fact]
    public void Characters_are_counted_and_not_bytes_or_halves()
    {
        Assert.Null(TextRules.FaultOf(string.Concat(Enumerable.Repeat("😀", 10)), TextKind.Line, 10));
        Assert.NotNull(TextRules.FaultOf(string.Concat(Enumerable.Repeat("😀", 11)), TextKind.Line, 10));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_told_apart()
    {
        Assert.Null(TextRules.FaultOf([0xED, 0xA0, 0x80], TextKind.Line, 10, out var isText)); // half a character
        Assert.False(isText);
    }

    [Fact]
    public void What_came_from_elsewhere_is_cleaned()
    {
        Assert.Equal("DUPONT Jean", TextCharacters.Clean("\ufeffDU\u200bPONT\tJe\u202ean\0\ufffe"));
        Assert.Equal("L’œuvre d’Éa", TextCharacters.Clean("L’œuvre d’Éa"));
        Assert.Equal("ab", TextCharacters.Clean("a\ud800b"));
    }
}
