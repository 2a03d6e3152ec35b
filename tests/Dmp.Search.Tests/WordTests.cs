using CsCheck;
using Dmp.Search.Words;
using Xunit;

namespace Dmp.Search.Tests;

/// <summary>How text is cut into words, and what their stems are.</summary>
public sealed class WordTests
{
    private const string Letters = "aéÉœŒàçñßl'’dn-.,/ 0123456789%+\n\u0301\u00ad²ﬁµβ😀_:mgLK";

    [Theory]
    [InlineData("L'hémorragie n’a pas", "hemorragie ne a pas")]
    [InlineData("12,5mg/L", "12.5 mg l 12.5mg/l")]
    [InlineData("anti-vitamine K", "anti vitamine antivitamine k")]
    [InlineData("I20.0", "i 20 0 i20.0")]
    [InlineData("11488-4", "11488 4 11488-4")]
    [InlineData("12/05/2024", "12 5 2024 12/5/2024")]
    [InlineData("12.5.3", "12 5 3 12.5.3")]
    [InlineData("0,05 et 007", "0.05 et 7")]
    [InlineData("250 000 et 1 234 567", "250 250000 0 et 1 1234567 234 567")]
    [InlineData("5 250", "5 5250 250")]
    [InlineData("C.H.U.", "c h u chu")]
    [InlineData("HbA1c", "hba 1 c hba1c")]
    [InlineData("Na+ 7 %", "na + 7 %")]
    [InlineData("m²", "m 2 m2")]
    [InlineData("β-hCG", "beta hcg betahcg")]
    [InlineData("soft\u00adware", "software")]
    [InlineData("e\u0301te\u0301", "ete")]
    [InlineData("quelqu'un d'aujourd'hui", "quelqu un quelquun aujourd hui aujourdhui")]
    [InlineData("… — «»", "")]
    public void Text_is_cut_into_these_words(string text, string words) =>
        Assert.Equal(words, string.Join(' ', Read(text).Select(word => word.Form)));

    [Fact]
    public void Words_stand_where_they_say_and_nothing_is_left_out()
    {
        Gen.Int[0, Letters.Length - 1].Select(i => Letters[i]).Array[0, 80].Sample(
            letters =>
            {
                var text = new string(letters);
                var words = Read(text);
                var covered = new bool[text.Length];
                var (next, end) = (0, 0);
                foreach (var word in words)
                {
                    Assert.InRange(word.Start, 0, text.Length - 1);
                    Assert.InRange(word.Length, 1, text.Length - word.Start);
                    Assert.InRange(word.Form.Length, 1, WordReader.FormCharsMax);
                    Assert.All(word.Form, letter => Assert.Equal(char.ToLowerInvariant(letter), letter));
                    if (word.Span == 1)
                    {
                        Assert.Equal(next++, word.Position);
                        covered.AsSpan(word.Start, word.Length).Fill(true);
                    }
                    else
                    {
                        end = Math.Max(end, word.Position + word.Span);
                    }
                }

                // A whole covers parts that there are.
                Assert.InRange(end, 0, next);

                // Articles before an apostrophe are left out, and nothing else is.
                for (var i = 0; i < text.Length; i++)
                {
                    var isArticle = char.ToLowerInvariant(text[i]) is 'l' or 'd' or 'm' or 'ç' or '\u0301' or '\u00ad';
                    Assert.True(covered[i] || isArticle || !char.IsLetterOrDigit(text[i]), $"{text}: {i}");
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void A_word_of_any_length_is_cut()
    {
        var words = Read(new string('é', 1_000_000));
        Assert.All(words, word => Assert.Equal(64, word.Form.Length));
        Assert.InRange(words.Count, 1_000, 10_000);
    }

    [Theory]
    [InlineData("opere operee operees operer operation operateur")]
    [InlineData("traite traites traiter traitement traitements traitait traitaient")]
    [InlineData("renal renale renaux renales")]
    [InlineData("actif actifs active actives")]
    [InlineData("infirmier infirmiere infirmiers infirmieres")]
    [InlineData("modifie modifier modification")]
    [InlineData("indique indiquer indication")]
    [InlineData("etabli etablie etablir etablissement")]
    [InlineData("fonctionnel fonctionnelle fonctionnels")]
    [InlineData("nerveux nerveuse nerveuses")]
    [InlineData("chronique chroniques")]
    [InlineData("extrait extraits")]
    [InlineData("allergie allergies allergique")]
    public void These_have_one_stem(string forms) => Assert.Single(forms.Split(' ').Select(FrenchStem.Of).Distinct());

    [Theory]
    [InlineData("pas", "pas")]
    [InlineData("ains", "ain")]
    [InlineData("i20.0", "i20.0")]
    [InlineData("stress", "stress")]
    [InlineData("peaux", "peau")]
    public void A_stem_is(string form, string stem) => Assert.Equal(stem, FrenchStem.Of(form));

    [Fact]
    public void A_stem_is_a_word_and_no_longer_than_its_form() => Gen.Char['a', 'z'].Array[1, 70].Sample(letters =>
    {
        var form = new string(letters);
        return FrenchStem.Of(form).Length is > 0 and var length && length <= form.Length;
    });

    private static List<Word> Read(string text)
    {
        List<Word> words = [];
        new WordReader().Read(text, 0, words);
        return words;
    }
}
