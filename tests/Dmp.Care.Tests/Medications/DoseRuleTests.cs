using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Medications.Made;
using static Dmp.Care.Tests.Medications.SmallMedicines;

namespace Dmp.Care.Tests.Medications;

/// <summary>Which dose is told, and what does not fit together.</summary>
public sealed class DoseRuleTests
{
    [Fact]
    public void M11_The_dose_is_the_last_stated_one_and_a_dispensation_without_any_changes_nothing()
    {
        var line = LineOf("20261010",
            Letter("a", "20261001", Prescribed(Keppra).Taking("1", "1 d")), Letter("b", "20261003", Dispensed(Keppra, "20261003", "30")));

        Assert.Equal("1 comprimé une fois par jour", line.Dose.Text);
        Assert.Equal("a", line.Sources[line.Dose.Source].Source.DocumentId);
        Assert.Equal(-1, line.Dose.CurrentPhase);
        Assert.Equal("b", line.Sources[line.LastEvidence].Source.DocumentId);
    }

    [Fact]
    public void M12_A_statement_is_as_old_as_what_it_is_about()
    {
        // A letter of March that came in June does not change the dose of May.
        var letter = Letter("letter", "20260301", Listed(Keppra).Taking("2", "1 d")) with { CameAt = At("20260601") };
        var line = LineOf("20260610", letter, Letter("b", "20260501", Listed(Keppra).Taking("1", "1 d")));
        Assert.Equal("1 comprimé une fois par jour", line.Dose.Text);
        Assert.Equal(["b", "letter"], line.Sources.Select(source => source.Source.DocumentId));

        // What was handed out is as old as that day, whenever it was written down.
        var late = Letter("late", "20260609", Dispensed(Keppra, "20260402", "30"));
        var source = Assert.Single(LineOf("20260610", late).Sources).Source;
        Assert.Equal(Day("20260402"), source.StatedTime);
        Assert.Equal((TimePrecision.Day, StatedTimeOrigin.Statement), (source.StatedPrecision, source.StatedOrigin));
    }

    [Fact]
    public void M13_Doses_that_differ_within_90_days_are_all_shown()
    {
        var vsm = Letter("vsm", "20261001", Listed(Bisoprolol5).Taking("1", "1 d"));
        var line = LineOf("20261020", vsm, Letter("letter", "20261011", Listed(Bisoprolol2).Taking("1", "1 d")));
        Assert.Equal("letter", line.Sources[line.Dose.Source].Source.DocumentId);
        var conflict = Assert.Single(line.Conflicts);
        Assert.Equal(TreatmentConflictKind.Dose, conflict.Kind);
        Assert.Equal(["letter", "vsm"], conflict.Sources.Select(place => line.Sources[place].Source.DocumentId));

        // Two tablets of 2.5 mg are one of 5; a dose of long ago was changed; another number of times a day is another dose.
        Assert.Empty(LineOf("20261020", vsm, Letter("b", "20261011", Listed(Bisoprolol2).Taking("2", "1 d"))).Conflicts);
        Assert.Empty(LineOf("20270120", vsm, Letter("b", "20270111", Listed(Bisoprolol2).Taking("1", "1 d"))).Conflicts);
        Assert.Single(LineOf("20261020", vsm, Letter("b", "20261011", Listed(Bisoprolol2).Taking("1", "12 h"))).Conflicts);
    }

    [Fact]
    public void M13_Routes_that_differ_within_a_group_are_shown()
    {
        var line = LineOf("20261020",
            Letter("a", "20261001", Listed(Keppra).Taking("1", "1 d")),
            Letter("b", "20261011", Listed(Keppra).Taking("1", "1 d", route: "20045000")));
        Assert.Equal(TreatmentConflictKind.Route, Assert.Single(line.Conflicts).Kind);
    }

    [Fact]
    public void M31_What_the_patient_says_changes_no_dose_and_no_status()
    {
        var line = LineOf("20261020",
            Letter("a", "20261001", Prescribed(Atorvastatin, "20261001", "20261230").Taking("1", "1 d")),
            OfPatient("p", "20261010", Listed(Atorvastatin).Taking("2", "1 d").With(fact => fact.State = "aborted")));

        Assert.Equal(TreatmentStatus.Running, line.Status);
        Assert.Equal("1 comprimé une fois par jour", line.Dose.Text);
        var conflict = Assert.Single(line.Conflicts);
        Assert.Equal(TreatmentConflictKind.PatientSaysStopped, conflict.Kind);
        Assert.Contains("10/10/2026", conflict.Text, StringComparison.Ordinal);
        Assert.True(line.Sources[conflict.Sources[0]].Source.ByPatient);
    }

    [Fact]
    public void M32_What_the_patient_takes_without_a_prescription_is_a_line()
    {
        var line = LineOf("20261020", OfPatient("p", "20261010", Listed(Ibuprofen).Taking("1", "8 h")));
        Assert.Equal(TreatmentStatus.EndUnknown, line.Status);
        Assert.Contains(TreatmentNote.PatientOnly, line.Notes);
        Assert.True(Assert.Single(line.Sources).Source.ByPatient);
        Assert.Equal("1 comprimé toutes les 8 heures", line.Dose.Text);
    }

    [Theory]
    [InlineData("20261103", 0, 1)]
    [InlineData("20261110", 1, 2)]
    [InlineData("20261030", -1, 0)]
    public void M38_Phases_are_kept_and_the_one_of_the_moment_is_told(string at, int place, int number)
    {
        var fact = Prescribed(Keppra, "20261101");
        fact.Medication.Dosages.Add(PhaseOf("25", "20261101"));
        fact.Medication.Dosages.Add(PhaseOf("50", "20261108"));
        fact.Medication.Dosages[0].Period.Width = new Quantity { Value = "7", Unit = "d" };

        var dose = LineOf(at, Letter("a", "20261029", fact)).Dose;

        Assert.Equal(place, dose.CurrentPhase);
        Assert.Equal(2, dose.Dosages.Count);
        Assert.StartsWith(
            "25 mg une fois par jour pendant 7 jours à partir du 01/11/2026, puis 50 mg une fois par jour à partir du 08/11/2026",
            dose.Text,
            StringComparison.Ordinal);
        Assert.Equal(number > 0, dose.Text.EndsWith($"[phase {number} sur 2]", StringComparison.Ordinal));
    }

    [Fact]
    public void M39_What_is_taken_by_the_week_is_never_told_by_the_day()
    {
        var line = LineOf("20261110",
            Letter("a", "20261101", Prescribed(Methotrexate, "20261101").Taking("1", "1 wk")),
            Letter("b", "20261102", Dispensed(Methotrexate, "20261102", "4")));

        Assert.Equal("1 comprimé une fois par SEMAINE", line.Dose.Text);
        var reason = Assert.Single(line.RunningReasons);
        Assert.Equal((RunningReasonKind.DispensedFor, "28", "", "1"), (reason.Kind, reason.Days, reason.PerDay, reason.PerWeek));
        Assert.Equal(Day("20261129"), reason.Until);
        Assert.Equal("methotrexate", line.DangerousGroup);

        var milligrams = LineOf("20261110", Letter("a", "20261101", Prescribed(Methotrexate).Taking("10", "7 d", "mg")));
        Assert.Equal("10 mg une fois par SEMAINE", milligrams.Dose.Text);
    }

    private static Dosage PhaseOf(string milligrams, string low)
    {
        var dosage = DosageOf(milligrams, "1 d", "mg");
        dosage.Period = new Stretch { Low = new Moment { Written = low } };
        return dosage;
    }
}
