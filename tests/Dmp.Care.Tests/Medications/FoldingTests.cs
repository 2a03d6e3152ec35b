using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Medications.Made;
using static Dmp.Care.Tests.Medications.SmallMedicines;

namespace Dmp.Care.Tests.Medications;

/// <summary>What is one treatment, and what is not.</summary>
public sealed class FoldingTests
{
    [Fact]
    public void M1_One_set_of_substances_by_one_group_of_routes_is_one_line()
    {
        var line = LineOf("20261010",
            Letter("a", "20261001", Prescribed(Plavix, "20261001", "20261030").Taking("1", "1 d")),
            Letter("b", "20261003", Dispensed(Clopidogrel, "20261003", "28")));

        Assert.Equal("clopidogrel", line.Name);
        Assert.Equal([MedicationRole.Dispensed, MedicationRole.Prescribed], line.Sources.Select(source => source.Role));
        Assert.Equal(0, line.MoreSources);
        Assert.Equal(RouteGroup.Systemic, line.RouteGroup);
    }

    [Fact]
    public void M2_Brand_and_generic_are_one_line_and_both_names_are_shown()
    {
        var line = LineOf("20261010",
            Letter("a", "20261001", Listed(Keppra)), Letter("b", "20261002", Listed(Levetiracetam)));

        Assert.Equal("lévétiracétam", line.Name);
        Assert.Equal(
            ["LEVETIRACETAM ESSAI 500 mg, comprimé", "KEPPRA 500 mg, comprimé pelliculé"], line.Products.Select(product => product.Name));
        Assert.Equal([Levetiracetam, Keppra], line.Products.Select(product => product.Cis));
    }

    [Fact]
    public void M3_Salts_are_one_line_and_their_doses_are_not_compared()
    {
        var line = LineOf("20261010",
            Letter("a", "20261001", Prescribed(Coversyl, "20261001").Taking("1", "1 d")),
            Letter("b", "20261002", Prescribed(Perindopril, "20261002").Taking("1", "1 d")));

        var substance = Assert.Single(line.Substances);
        Assert.Equal("périndopril", substance.Name);
        Assert.Equal(["PÉRINDOPRIL ARGININE", "PÉRINDOPRIL TERT-BUTYLAMINE"], substance.StatedNames);
        Assert.Contains(TreatmentNote.SaltsDiffer, line.Notes);
        Assert.Empty(line.Conflicts);
    }

    [Fact]
    public void M4_Another_group_of_routes_is_another_line()
    {
        var statement = Merge("20261010",
            Letter("a", "20261001", Listed(Voltarene).Taking("1", "1 d"), Listed(Emulgel).Taking("1", "1 d", "{application}", Cutaneous)));

        Assert.Equal([RouteGroup.Local, RouteGroup.Systemic], statement.Lines.Select(line => line.RouteGroup).Order().Reverse());
        Assert.Equal(2, statement.Lines.Count);
        Assert.Empty(statement.Findings);
    }

    [Fact]
    public void M5_A_combination_is_a_line_of_its_own_and_what_is_in_two_is_found()
    {
        var statement = Merge("20261010", Letter("a", "20261001", Listed(Exforge), Listed(Amlor)));

        Assert.Equal(["amlodipine", "amlodipine + valsartan"], statement.Lines.Select(line => line.Name));
        var finding = Assert.Single(statement.Findings);
        Assert.Equal((StatementFindingKind.SubstanceInTwoLines, "amlodipine"), (finding.Kind, finding.Substance));
        Assert.Equal([0, 1], finding.Lines);
    }

    [Fact]
    public void M6_Strengths_of_one_prescription_are_meant_together_and_are_not_added()
    {
        var line = LineOf("20261010",
            Letter("a", "20261001", Prescribed(Coumadine2).Taking("1", "1 d"), Prescribed(Coumadine5).Taking("1", "2 d")));

        Assert.Equal(2, line.Products.Count);
        Assert.Equal(
            "COUMADINE 2 mg, comprimé sécable : 1 comprimé une fois par jour ; "
                + "COUMADINE 5 mg, comprimé sécable : 1 comprimé tous les 2 jours",
            line.Dose.Text);
        Assert.Equal(2, line.Dose.Dosages.Count);
        Assert.Empty(line.Conflicts);
    }

    [Fact]
    public void M6_What_followed_one_another_in_one_list_is_not_meant_together()
    {
        var line = LineOf("20261010", Letter(
            "a",
            "20261001",
            Prescribed(Plavix, "20260801", "20260831").Taking("2", "1 d"),
            Prescribed(Plavix, "20260901", "20261231").Taking("1", "1 d")));
        Assert.Equal(("1 comprimé une fois par jour", TreatmentStatus.Running), (line.Dose.Text, line.Status));
    }

    [Fact]
    public void M7_Two_prescribers_of_one_substance_are_one_line_a_conflict_and_a_finding()
    {
        var statement = Merge("20261010",
            LetterOf("gp", "a", "20260901", Prescribed(Bisoprolol5, "20260901", "20261130").Taking("1", "1 d")),
            LetterOf("cardiologist", "b", "20261001", Prescribed(Bisoprolol2, "20261001", "20261230").Taking("1", "1 d")));

        var line = Assert.Single(statement.Lines);
        var conflict = Assert.Single(line.Conflicts);
        Assert.Equal(TreatmentConflictKind.Dose, conflict.Kind);
        Assert.Equal([0, 1], conflict.Sources);
        Assert.Contains("cardiologist", conflict.Text, StringComparison.Ordinal);
        Assert.Equal(StatementFindingKind.DuplicatePrescription, Assert.Single(statement.Findings).Kind);
    }

    [Fact]
    public void M8_One_class_is_not_one_substance()
    {
        var statement = Merge("20261010", Letter("a", "20261001", Listed(Ibuprofen), Listed(Ketoprofen)));

        Assert.Equal(["ibuprofène", "kétoprofène"], statement.Lines.Select(line => line.Name));
        Assert.Empty(statement.Findings);
    }

    [Fact]
    public void M9_A_dispensation_belongs_to_the_item_that_it_names_also_with_another_product()
    {
        var line = LineOf("20261210",
            Letter("a", "20260101", Prescribed(Plavix, "20260101", "20260130").With(fact => fact.Source.Ids.Add("1.2^12"))),
            Letter("b", "20261203", Dispensed(Clopidogrel, "20261203", "28").With(fact => fact.Medication.PrescriptionItem = "1.2^12")));

        Assert.Contains(TreatmentNote.Substituted, line.Notes);
        Assert.DoesNotContain(TreatmentNote.NoPrescription, line.Notes);

        // A product that nothing knows is known by the item; one of another substance is not hidden under it.
        var unknown = Named(MedicationRole.Dispensed, "Générique du jour").With(fact => fact.Medication.PrescriptionItem = "1.2^12");
        var other = Dispensed(Keppra, "20261203").With(fact => fact.Medication.PrescriptionItem = "1.2^12");
        var lines = Merge("20261210",
            Letter("a", "20261201", Prescribed(Plavix).With(fact => fact.Source.Ids.Add("1.2^12"))),
            Letter("b", "20261203", unknown, other)).Lines;
        Assert.Equal(["clopidogrel", "lévétiracétam"], lines.Select(one => one.Name));
        Assert.Equal(2, lines[0].Sources.Count);
    }

    [Fact]
    public void M10_A_dispensation_that_no_prescription_covers_says_so()
    {
        var line = LineOf("20260610",
            Letter("a", "20260101", Prescribed(Keppra, "20260101", "20260131").Taking("1", "1 d")),
            Letter("b", "20260601", Dispensed(Keppra, "20260601", "30")));
        Assert.Contains(TreatmentNote.NoPrescription, line.Notes);

        var covered = LineOf("20260110",
            Letter("a", "20260101", Prescribed(Keppra, "20260101", "20260131").Taking("1", "1 d")),
            Letter("b", "20260103", Dispensed(Keppra, "20260103", "30")));
        Assert.DoesNotContain(TreatmentNote.NoPrescription, covered.Notes);
    }

    [Theory]
    [InlineData("Previscan 20", true)]
    [InlineData("PREVISCAN 20 mg, comprimé quadrisécable", true)]
    [InlineData("fluindione", true)]
    [InlineData("anticoagulant", false)]
    [InlineData("Previscan arrêté", false)]
    public void M35_A_text_is_folded_by_an_exact_name_alone(string text, bool isFolded)
    {
        var lines = Merge("20261010",
            Letter("a", "20261001", Listed(Previscan)), Letter("b", "20261002", Named(MedicationRole.Listed, text))).Lines;

        Assert.Equal(isFolded ? 1 : 2, lines.Count);
        Assert.Equal(isFolded, lines.Any(line => line.Notes.Contains(TreatmentNote.MatchedByText)));
        Assert.Equal(isFolded ? 0 : 1, lines.Count(line => line.Substances.Count == 0 && line.Name == text));
    }

    [Fact]
    public void M36_An_unknown_route_goes_with_a_systemic_one_alone()
    {
        var unknown = Listed(Plavix).With(
            fact => fact.Medication.Dosages.Add(new Dosage { Route = new CodedValue { NullFlavor = "UNK" } }));
        var line = LineOf("20261010",
            Letter("a", "20261001", unknown), Letter("b", "20261002", Listed(Clopidogrel).Taking("1", "1 d")));
        Assert.Contains(TreatmentNote.RouteUnknown, line.Notes);

        // Diclofenac is a gel too: without a route nobody knows which it is.
        var lines = Merge("20261010",
            Letter("a", "20261001", Named(MedicationRole.Listed, "diclofénac")),
            Letter("b", "20261002", Listed(Emulgel).Taking("1", "1 d", "{application}", Cutaneous))).Lines;
        Assert.Equal([RouteGroup.Local, RouteGroup.Unspecified], lines.Select(one => one.RouteGroup).OrderDescending());
    }

    [Fact]
    public void M37_A_code_and_words_that_name_two_medicines_are_a_conflict()
    {
        var statement = Merge("20261010",
            Letter("a", "20261001", Listed(Plavix).With(fact => fact.Medication.Name = "Kardegic 75")),
            Letter("b", "20261002", Listed(Kardegic)));

        Assert.Equal(["acide acétylsalicylique", "clopidogrel"], statement.Lines.Select(line => line.Name));
        var conflict = Assert.Single(statement.Lines[1].Conflicts);
        Assert.Equal(TreatmentConflictKind.CodeText, conflict.Kind);
        Assert.Contains("Kardegic 75", conflict.Text, StringComparison.Ordinal);
        Assert.Contains("PLAVIX 75 mg", conflict.Text, StringComparison.Ordinal);
        Assert.Equal("Kardegic 75", statement.Lines[1].Sources[0].ProductText);
    }

    [Fact]
    public void M41_A_copy_of_a_statement_is_one_source()
    {
        Fact Stated() => Listed(Plavix, "20260101").Taking("1", "1 d").With(fact => fact.Source.Ids.Add("2.25.7"));
        var line = LineOf("20261010", Letter("vsm", "20261001", Stated()), Letter("ips", "20261002", Stated()));

        var source = Assert.Single(line.Sources);
        Assert.Equal("vsm", source.Source.DocumentId);
        Assert.Equal("ips", Assert.Single(source.Copies).DocumentId);

        // Likeness without an identifier is two statements; so is one identifier with another dose.
        Assert.Equal(2, LineOf("20261010",
            Letter("vsm", "20261001", Listed(Plavix, "20260101")), Letter("ips", "20261002", Listed(Plavix, "20260101"))).Sources.Count);
        Assert.Equal(2, LineOf("20261010",
            Letter("vsm", "20261001", Stated()),
            Letter("ips", "20261002", Stated().With(fact => fact.Medication.Dosages[0].Dose.Low.Value = "2"))).Sources.Count);
    }
}
