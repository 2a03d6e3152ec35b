using Xunit;

namespace Dmp.Search.Tests;

/// <summary>What is found in French medical text, and what is not.</summary>
public sealed class FrenchTests
{
    [Theory]

    // Accents and ligatures, with and without, in capitals, in both Unicode forms, as a PDF draws them.
    [InlineData("hemorragie", "Hémorragie digestive haute")]
    [InlineData("hémorragie", "HEMORRAGIE DIGESTIVE")]
    [InlineData("opérée", "PATIENTE OPEREE EN 2019")]
    [InlineData("œdème", "oedeme des membres")]
    [InlineData("oedème", "Œdème aigu du poumon")]
    [InlineData("caecum", "lésion du cæcum")]
    [InlineData("réfractaire", "re\u0301fractaire au traitement")]
    [InlineData("re\u0301fractaire", "réfractaire")]
    [InlineData("fibrillation", "ﬁbrillation auriculaire")]
    [InlineData("NOËL", "noël")]

    // Elisions.
    [InlineData("hypertension", "traitement de l'hypertension")]
    [InlineData("hypertension", "traitement de l’hypertension")]
    [InlineData("l'hypertension", "hypertension connue")]
    [InlineData("allergie", "pas d’allergie connue")]
    [InlineData("insuline", "qu'insuline seule")]
    [InlineData("aujourd'hui", "vu aujourd’hui en consultation")]

    // Plural and feminine.
    [InlineData("artère", "les artères coronaires")]
    [InlineData("artérielle", "troubles artériels")]
    [InlineData("rénal", "kystes rénaux")]
    [InlineData("cérébraux", "scanner cérébral")]
    [InlineData("actif", "tuberculose active")]
    [InlineData("infirmière", "visite de l'infirmier")]
    [InlineData("entier", "la dose entière")]
    [InlineData("veineux", "thrombose veineuse")]
    [InlineData("fumeuse", "patient fumeur")]
    [InlineData("prescrit", "les doses prescrites")]
    [InlineData("petit", "petites lésions")]
    [InlineData("aigu", "pancréatite aiguë")]
    [InlineData("vaccins", "vaccin antigrippal")]
    [InlineData("suivi", "patiente suivie en cardiologie")]
    [InlineData("thyroïdien", "hormones thyroïdiennes")]

    // Verbs and what comes of them.
    [InlineData("opéré", "opération de la hanche")]
    [InlineData("opérer", "patient opéré hier")]
    [InlineData("saigner", "un saignement prolongé")]
    [InlineData("vomissements", "a vomi deux fois")]
    [InlineData("présente", "le patient présentait une dyspnée")]
    [InlineData("fumer", "il fumait jusqu'en 2010")]
    [InlineData("hospitalisé", "hospitalisation en urgence")]
    [InlineData("complication", "fracture compliquée")]
    [InlineData("ulcère", "ulcération du pied")]
    [InlineData("allergique", "allergie aux pollens")]
    [InlineData("diabétique", "diabète de type 2")]
    [InlineData("traité", "traitement en cours")]
    [InlineData("tabagisme", "consommation tabagique")]
    [InlineData("alcoolique", "alcoolisme sevré")]
    [InlineData("traumatisme", "lésion traumatique")]
    [InlineData("hyperthyroïdie", "HYPERTHYROIDISME")]

    // Numbers, units, codes.
    [InlineData("12,5", "dose de 12.5 mg")]
    [InlineData("12.5", "dose de 12,50 mg")]
    [InlineData("5mg", "ramipril 5 mg")]
    [InlineData("5 mg", "ramipril 5mg le soir")]
    [InlineData("0,5", "0.5 mg/l")]
    [InlineData("mmol/L", "K+ 4,1 mmol/l")]
    [InlineData("L", "4,1 mmol/L")]
    [InlineData("12/8", "TA 12/8")]
    [InlineData("TA", "TA 12/8")]
    [InlineData("I20.0", "angor instable (I20.0)")]
    [InlineData("I20", "angor instable (I20.0)")]
    [InlineData("11488-4", "code 11488-4")]
    [InlineData("B12", "vitamine B12")]
    [InlineData("vitamine B 12", "vitamine B12")]
    [InlineData("HbA1c 7,2 %", "HbA1c : 7,2%")]
    [InlineData("250000", "plaquettes 250 000/mm3")]
    [InlineData("250 000", "plaquettes 250000")]
    [InlineData("µg", "lévothyroxine 75 μg")]
    [InlineData("5/5/2024", "vu le 05/05/2024")]
    [InlineData("mm3", "4500/mm³")]

    // Hyphens.
    [InlineData("antivitamine K", "sous anti-vitamine K")]
    [InlineData("anti-vitamine K", "sous antivitamine K")]
    [InlineData("vitamine", "anti-vitamine K")]
    [InlineData("compte-rendu", "compte rendu opératoire")]
    [InlineData("hémorragie", "une hémor-\nragie digestive")]

    // Negation.
    [InlineData("\"pas de fièvre\"", "ce jour pas de fièvre")]
    [InlineData("sans", "sans fièvre")]
    [InlineData("\"ne fume pas\"", "il ne fume pas")]
    [InlineData("\"ne a pas\"", "il n’a pas mal")]
    [InlineData("\"n'a pas\"", "il n’a pas mal")]

    // Abbreviations, both ways, and all of their readings.
    [InlineData("HTA", "hypertension artérielle traitée")]
    [InlineData("hta", "Hypertension arterielle")]
    [InlineData("HTA", "hystérectomie totale abdominale en 2001")]
    [InlineData("hypertension artérielle", "HTA connue")]
    [InlineData("IDM", "infarctus aigu du myocarde")]
    [InlineData("infarctus du myocarde", "IDM inférieur")]
    [InlineData("AVK", "sous anti-vitamine K")]
    [InlineData("anti-vitamine K", "AVK au long cours")]
    [InlineData("AINS", "anti-inflammatoires non stéroïdiens")]
    [InlineData("IM", "injection intramusculaire")]
    [InlineData("IM", "insuffisance mitrale")]
    [InlineData("BAV", "bloc auriculo-ventriculaire complet")]
    [InlineData("scanner", "TDM thoracique")]
    [InlineData("DMLA", "dégénérescence maculaire liée à l'âge")]
    [InlineData("yeux", "fond d'œil")]
    [InlineData("IDM", "Infarctus transmural aigu du myocarde, de la paroi inférieure")]
    [InlineData("IDM", "Infarctus sous-endocardique aigu du myocarde")]
    [InlineData("stent", "pose d'endoprothèse")]

    // A short form that is an everyday word is met where it stands in capitals beside lower case.
    [InlineData("pression artérielle systolique", "PAS 145 mmHg")]
    [InlineData("pression artérielle systolique", "PAS : 145 mm[Hg]")]
    [InlineData("pression artérielle systolique", "PAS/PAD 145/85 mmHg")]
    [InlineData("pression artérielle systolique", "Constantes : PAS 145")]
    [InlineData("semaines d'aménorrhée", "césarienne à 38 SA révolues")]
    [InlineData("PAS", "pas de fièvre")]
    [InlineData("pas", "PAS 145 mmHg")]

    // Small words do not matter, but where they are all there is.
    [InlineData("insuffisance de la valve", "insuffisance valve mitrale")]
    [InlineData("fracture du fémur", "fracture fémur")]
    [InlineData("la", "la patiente")]
    [InlineData("fièvre", "pas de fièvre")]
    [InlineData("hystérectomie totale abdominale", "ATCD : HTA")]
    public void Is_found(string query, string text) => Assert.NotNull(Finding.Hit(query, text));

    /// <summary>A text lies in pieces: whatever stands before a word that is divided, or a number in groups, it is found whole.</summary>
    [Theory]
    [InlineData("hemorragie", "hémor-\nragie digestive")]
    [InlineData("250000", "plaquettes 250 000 par mm3")]
    public void What_belongs_together_is_found_wherever_a_piece_ends(string query, string text) => Assert.All(
        Enumerable.Range(400, 1_300),
        before => Assert.NotNull(Finding.Hit(query, $"{string.Concat(Enumerable.Repeat("un mot ", before))[..before]} {text}")));

    [Theory]
    [InlineData("hypertension", "hypotension orthostatique")]
    [InlineData("grossesse", "grosse fatigue")]
    [InlineData("poisson", "poison")]
    [InlineData("12,5", "125 mg")]
    [InlineData("12,5", "12,05 mg")]
    [InlineData("12/8", "12/9")]
    [InlineData("12/8", "8/12")]
    [InlineData("I20.0", "I20.1")]
    [InlineData("5 mg", "15 mg")]
    [InlineData("1.2", "version 1.2.3")]
    [InlineData("pancréatite", "pancréas normal")]
    [InlineData("hypertension artérielle", "hypertension portale")]
    [InlineData("HTA", "hypertension portale")]
    [InlineData("\"pas de fièvre\"", "pas de toux, fièvre")]
    [InlineData("\"hémorragie\"", "hémorragies")]
    [InlineData("fièvre -toux", "fièvre et toux")]
    [InlineData("fièvre -\"sans toux\"", "fièvre sans toux")]
    [InlineData("fièvre toux", "fièvre isolée")]
    [InlineData("cardio", "cardiologie")]
    [InlineData("sans", "sang")]
    [InlineData("B12", "B 121")]
    [InlineData("AVK", "vitamine")]
    [InlineData("hanche", "manche")]
    [InlineData("suivre", "suivi régulier")]
    [InlineData("infection", "plaie infectée")]
    [InlineData("tétanos", "anatoxine tétanique")]
    [InlineData("épilepsie", "crise épileptique")]
    [InlineData("scanner", "angioscanner")]
    [InlineData("IDM", "insuffisance sur infarctus ancien, bilan biologique et écho du myocarde")]
    [InlineData("pression artérielle systolique", "pas de fièvre")]
    [InlineData("pression artérielle systolique", "Pas de fièvre")]
    [InlineData("pression artérielle systolique", "PAS DE FIEVRE")]
    [InlineData("pression artérielle systolique", "CONCLUSION : PAS DE LESION. Le patient sort.")]
    [InlineData("semaines d'aménorrhée", "revu avec sa mère")]
    [InlineData("maladie d'Alzheimer", "ma consultation")]
    public void Is_not_found(string query, string text) => Assert.Null(Finding.Hit(query, text));

    [Fact]
    public void What_is_typed_counts_more_than_its_stem_and_that_more_than_a_synonym()
    {
        var typed = Finding.Hit("allergique", "patient allergique connu")!.Score;
        var stem = Finding.Hit("allergique", "patient allergies connu")!.Score;
        Assert.InRange(stem, 0.01, typed - 0.01);
        var own = Finding.Hit("HTA", "une HTA ancienne")!.Score;
        var other = Finding.Hit("HTA", "une hypertension artérielle ancienne")!.Score;
        Assert.InRange(other, 0.01, own - 0.01);
    }

    [Fact]
    public void A_word_that_is_being_typed_finds_those_that_begin_with_it()
    {
        Assert.NotNull(Finding.Hit("insuffisance card", "insuffisance cardiaque", hasOpenEnd: true));
        Assert.Null(Finding.Hit("insuffisance card", "insuffisance cardiaque"));
        Assert.Null(Finding.Hit("insuffisance card ", "insuffisance cardiaque", hasOpenEnd: true));
        Assert.Null(Finding.Hit("ard", "cardiaque", hasOpenEnd: true));
    }

    [Fact]
    public void An_abbreviation_in_capitals_is_no_small_word()
    {
        Assert.Null(Finding.Hit("fracture LA", "fracture"));
        Assert.NotNull(Finding.Hit("FRACTURE LA", "fracture"));
        Assert.NotNull(Finding.Hit("fracture la", "fracture"));
    }
}
