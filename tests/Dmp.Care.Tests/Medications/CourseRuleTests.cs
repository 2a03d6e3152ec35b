using Dmp.Care.V1;
using Dmp.Facts.V1;
using Xunit;
using static Dmp.Care.Tests.Medications.Made;
using static Dmp.Care.Tests.Medications.SmallMedicines;

namespace Dmp.Care.Tests.Medications;

/// <summary>Whether a treatment runs, why and until when.</summary>
public sealed class CourseRuleTests
{
    [Fact]
    public void M14_A_stop_wins_over_what_is_older_and_over_nothing_else()
    {
        var stop = Letter("stop", "20261110", Listed(Keppra, null, "20261110").With(fact => fact.State = "aborted"));
        var before = Letter("before", "20261001", Prescribed(Keppra, "20261001", "20261230").Taking("1", "1 d"));
        var after = Letter("after", "20261120", Prescribed(Keppra, "20261120", "20261220").Taking("1", "1 d"));

        var stopped = LineOf("20261115", stop, before);
        Assert.Equal((TreatmentStatus.Stopped, Day("20261110")), (stopped.Status, stopped.EndTime));
        Assert.Empty(stopped.RunningReasons);
        Assert.DoesNotContain(TreatmentNote.StopDateInferred, stopped.Notes);

        var again = LineOf("20261125", stop, before, after);
        Assert.Equal((TreatmentStatus.Running, Day("20261220"), Day("20261120")), (again.Status, again.EndTime, again.BeginTime));
        Assert.Contains(again.Sources, source => source.Stopped);
    }

    [Fact]
    public void M14_A_stop_and_a_statement_of_one_day_are_a_conflict()
    {
        var line = LineOf("20261115",
            Letter("a", "20261110", Listed(Keppra, null, "20261110").With(fact => fact.State = "aborted")),
            Letter("b", "20261110", Prescribed(Keppra, "20261110", "20261230")));
        Assert.Equal(TreatmentStatus.Running, line.Status);
        Assert.Equal(TreatmentConflictKind.Stop, Assert.Single(line.Conflicts).Kind);
    }

    [Fact]
    public void M14_A_list_in_which_it_was_over_wins_over_what_is_older_and_is_no_stop()
    {
        var line = LineOf("20261115",
            Letter("before", "20261001", Prescribed(Keppra, "20261001", "20261230")),
            Letter("list", "20261110", Listed(Keppra, "20261001", "20261105")));
        Assert.Equal((TreatmentStatus.Ended, Day("20261105")), (line.Status, line.EndTime));
    }

    [Fact]
    public void M14_Completed_is_over_in_FHIR_and_says_nothing_in_CDA()
    {
        var letter = Letter("a", "20261001", Listed(Keppra).With(fact => fact.State = "completed"));
        Assert.Equal(TreatmentStatus.EndUnknown, LineOf("20261010", letter).Status);
        letter.Metadata.MediaType = "application/fhir+json";
        Assert.Equal((TreatmentStatus.Ended, Day("20261001")), (LineOf("20261010", letter).Status, LineOf("20261010", letter).EndTime));

        var denied = Letter("b", "20261002", Listed(Keppra).With(fact => fact.State = "not-taken"));
        Assert.Equal(UnusedReason.NotTaken, Assert.Single(Merge("20261010", denied).Unused).Reason);
    }

    [Fact]
    public void M15_A_stop_without_a_date_is_of_the_day_of_its_statement()
    {
        var line = LineOf("20260810",
            Letter("a", "20260701", Listed(Previscan)),
            Letter("letter", "20260804", Administered(Previscan, "20260601").Taking("1", "1 d").Under("Traitements arrêtés")));
        Assert.Equal((TreatmentStatus.Stopped, Day("20260804")), (line.Status, line.EndTime));
        Assert.Contains(TreatmentNote.StopDateInferred, line.Notes);
        Assert.Equal("vka", line.DangerousGroup);
    }

    [Theory]
    [InlineData("Traitements à ne pas arrêter")]
    [InlineData("Traitement de l'arrêt cardiaque")]
    [InlineData("Anticoagulants : arrêter avant l'intervention")]
    public void M15_A_title_with_another_stop_stops_nothing(string title) => Assert.Equal(
        TreatmentStatus.EndUnknown, LineOf("20260810", Letter("a", "20260804", Listed(Previscan).Under(title))).Status);

    [Theory]
    [InlineData("Traitements arrêtés durant le séjour")]
    [InlineData("Traitement arrêté")]
    [InlineData("Prescriptions arrêtées")]
    public void M15_A_title_of_what_was_stopped_stops(string title) => Assert.Equal(
        TreatmentStatus.Stopped, LineOf("20260810", Letter("a", "20260804", Listed(Previscan).Under(title))).Status);

    [Theory]
    [InlineData("Antalgique d'une douleur chronique", TreatmentStatus.EndUnknown)]
    [InlineData("Insuffisance rénale chronique", TreatmentStatus.EndUnknown)]
    [InlineData("Traitements chroniques", TreatmentStatus.Running)]
    [InlineData("Traitement chronique", TreatmentStatus.Running)]
    public void M25_A_disease_for_a_long_time_is_no_treatment_for_a_long_time(string title, TreatmentStatus status) =>
        Assert.Equal(status, LineOf("20261110", Letter("a", "20250101", Listed(Plavix).Under(title))).Status);

    [Fact]
    public void M16_A_list_that_does_not_name_it_stops_nothing()
    {
        var line = Merge("20261110",
            Letter("a", "20261001", Prescribed(Metformin, "20261001", "20261230")),
            Letter("vsm", "20261101", Listed(Atorvastatin))).Lines.Single(one => one.Name == "metformine");
        Assert.Equal(TreatmentStatus.Running, line.Status);
        Assert.Contains(TreatmentNote.NotInLaterList, line.Notes);
        Assert.Empty(line.Conflicts);
    }

    [Fact]
    public void M16_A_list_that_names_it_as_a_copy_names_it()
    {
        Fact Stated() => Listed(Keppra, "20260101").With(fact => fact.Source.Ids.Add("2.25.7"));
        var statement = Merge("20261110",
            Letter("vsm", "20261001", Stated()), Letter("ips", "20261101", Stated(), Listed(Metformin)));
        var line = LineOf(statement, "lévétiracétam");
        Assert.DoesNotContain(TreatmentNote.NotInLaterList, line.Notes);
    }

    [Fact]
    public void M17_A_list_that_is_declared_complete_stops_nothing_either_but_is_a_conflict()
    {
        var statement = Merge("20261110",
            Letter("a", "20261001", Prescribed(Metformin, "20261001", "20261230")),
            Letter("b", "20261101", Listed(Atorvastatin).Under("Conciliation médicamenteuse complète")));
        var line = LineOf(statement, "metformine");
        Assert.Equal(TreatmentStatus.Running, line.Status);
        var conflict = Assert.Single(line.Conflicts);
        Assert.Equal((TreatmentConflictKind.AbsentFromReconciliation, "b"), (conflict.Kind, conflict.Against.DocumentId));
    }

    [Fact]
    public void M18_A_former_version_of_a_document_says_nothing()
    {
        var first = Letter("a", "20261001", Prescribed(Bisoprolol5).Taking("2", "1 d"));
        var second = Letter("a", "20261002", Prescribed(Bisoprolol5).Taking("1", "1 d")) with { Version = 2 };
        var line = LineOf("20261010", second, first);
        Assert.Equal("1 comprimé une fois par jour", line.Dose.Text);
        Assert.Equal(2, Assert.Single(line.Sources).Source.Version);
        Assert.Empty(line.Conflicts);
    }

    [Fact]
    public void M20_Prescribed_until_its_end_with_its_renewals()
    {
        var fact = Prescribed(Keppra, "20261001").Taking("1", "1 d");
        fact.Medication.Period.Width = new Quantity { Value = "28", Unit = "d" };
        fact.Medication.Renewals = 2;
        var document = Letter("a", "20261001", fact);

        var line = LineOf("20261220", document);
        Assert.Equal((TreatmentStatus.Running, Day("20261223")), (line.Status, line.EndTime));
        var reason = Assert.Single(line.RunningReasons);
        Assert.Equal((RunningReasonKind.PrescribedUntil, 2), (reason.Kind, reason.Renewals));
        Assert.Equal(Day("20261001"), line.BeginTime);
        Assert.Equal(TreatmentStatus.Running, LineOf("20261223", document).Status);
        Assert.Equal(TreatmentStatus.Ended, LineOf("20261224", document).Status);
    }

    [Fact]
    public void M21_Dispensed_for_as_many_days_as_it_lasts()
    {
        var line = LineOf("20261129", Letter("a", "20261103", Dispensed(Keppra, "20261103", "30").Taking("1", "1 d")));
        var reason = Assert.Single(line.RunningReasons);
        Assert.Equal((RunningReasonKind.DispensedFor, "30", "1"), (reason.Kind, reason.Days, reason.PerDay));
        Assert.Equal("30", reason.Supplied.Value);
        Assert.Equal((Day("20261202"), Day("20261202")), (reason.Until, line.EndTime));
        Assert.Equal([0], reason.Sources);
    }

    [Theory]
    [InlineData("20261103")]
    [InlineData("20261103000000+0100")]
    [InlineData("20261103223000+0100")]
    public void M21_A_day_is_one_however_it_is_written(string day)
    {
        var line = LineOf("20261129", Letter("a", "20261104", Dispensed(Keppra, day, "30").Taking("1", "1 d")));
        Assert.Equal(Day("20261202"), line.EndTime);
    }

    [Fact]
    public void M22_What_is_left_of_the_dispensation_before_is_carried_over()
    {
        var prescription = Letter("p", "20261101", Prescribed(Keppra).Taking("1", "1 d"));
        var first = Letter("a", "20261101", Dispensed(Keppra, "20261101", "28"));
        var second = Letter("b", "20261122", Dispensed(Keppra, "20261122", "28"));

        var reason = Assert.Single(LineOf("20261210", prescription, first, second).RunningReasons);
        Assert.Equal((Day("20261226"), "35"), (reason.Until, reason.Days));
        Assert.Equal(2, reason.Sources.Count);

        // No more than one dispensation ahead: three on one day last for two.
        var hoard = Merge("20261110", prescription, first, Letter("b", "20261101", Dispensed(Keppra, "20261101", "28")),
            Letter("c", "20261101", Dispensed(Keppra, "20261101", "28")));
        Assert.Equal("56", Assert.Single(Assert.Single(hoard.Lines).RunningReasons).Days);
    }

    [Theory]
    [InlineData("selon INR", "30", Tablet)]
    [InlineData("1 comprimé si douleur", "30", Tablet)]
    [InlineData("", "30", Tablet)]
    [InlineData("", "2", "{box}")]
    public void M23_Where_nothing_can_be_computed_nothing_has_ended(string words, string quantity, string unit)
    {
        var fact = Dispensed(Coumadine5, "20260103", quantity, unit);
        fact = words.Length > 0 ? fact.Saying(words) : fact;
        var line = LineOf("20261129", Letter("a", "20260103", fact));
        Assert.Equal(TreatmentStatus.EndUnknown, line.Status);
        Assert.Contains(TreatmentNote.EndNotComputed, line.Notes);
        Assert.Equal(words.Contains("si douleur", StringComparison.Ordinal), line.Notes.Contains(TreatmentNote.AsNeeded));
        Assert.Null(line.EndTime);
        Assert.Equal(0, line.LastEvidence);
        Assert.Equal("vka", line.DangerousGroup);
    }

    [Fact]
    public void M24_Drops_are_counted_with_a_factor_that_the_document_states_and_with_no_other()
    {
        var without = Dispensed(Tramadol, "20261103", "10", "mL").Taking("12", "1 d", "{drop}");
        var line = LineOf("20261110", Letter("a", "20261103", without));
        Assert.Equal(TreatmentStatus.EndUnknown, line.Status);
        Assert.Equal("12 gouttes une fois par jour", line.Dose.Text);

        var with = Dispensed(Tramadol, "20261103", "10", "mL").Taking("12", "1 d", "{drop}");
        with.Medication.Supplied.Translations.Add(new Quantity { Value = "240", Unit = "{drop}" });
        var reason = Assert.Single(LineOf("20261110", Letter("a", "20261103", with)).RunningReasons);
        Assert.Equal(("20", "12"), (reason.Days, reason.PerDay));
    }

    [Fact]
    public void M25_What_a_professional_states_for_a_long_time_runs()
    {
        var line = LineOf("20261110", Letter("vsm", "20250101", Listed(Plavix, "20190811").Under("Traitement au long cours")));
        Assert.Equal(TreatmentStatus.Running, line.Status);
        var reason = Assert.Single(line.RunningReasons);
        Assert.Equal((RunningReasonKind.Chronic, (object?)null), (reason.Kind, reason.Until));
        Assert.Null(line.EndTime);
        Assert.Equal(Day("20250101"), line.Sources[0].Source.StatedTime);

        var unknown = LineOf("20261110", Letter("a", "20250101", Listed(Plavix, "20190811")));
        Assert.Equal(TreatmentStatus.EndUnknown, unknown.Status);
    }

    [Fact]
    public void M26_All_reasons_are_told_and_one_is_enough()
    {
        var prescription = Letter("p", "20261101", Prescribed(Keppra, "20261101", "20261201").Taking("1", "1 d"));
        var dispensation = Letter("d", "20261129", Dispensed(Keppra, "20261129", "28"));

        var both = LineOf("20261130", prescription, dispensation);
        Assert.Equal(
            [RunningReasonKind.PrescribedUntil, RunningReasonKind.DispensedFor], both.RunningReasons.Select(reason => reason.Kind));
        Assert.Equal(Day("20261226"), both.EndTime);

        var stock = LineOf("20261210", prescription, dispensation);
        Assert.Equal((TreatmentStatus.Running, RunningReasonKind.DispensedFor), (stock.Status, Assert.Single(stock.RunningReasons).Kind));
    }

    [Fact]
    public void M27_What_ended_within_30_days_is_shown_and_long_acting_ones_for_90()
    {
        var antibiotic = Letter("a", "20261101", Prescribed(Amoxicillin, "20261101", "20261107").Taking("1", "8 h", "{capsule}"));
        var line = Assert.Single(Merge("20261119", withEnded: false, antibiotic).Lines);
        Assert.Equal((TreatmentStatus.Ended, Day("20261107")), (line.Status, line.EndTime));
        Assert.Empty(Merge("20261220", withEnded: false, antibiotic).Lines);
        Assert.Single(Merge("20261220", withEnded: true, antibiotic).Lines);

        var amiodarone = Letter("a", "20261101", Prescribed(Cordarone, "20261001", "20261107").Taking("1", "1 d"));
        Assert.Single(Merge("20261220", withEnded: false, amiodarone).Lines);
        Assert.Empty(Merge("20270220", withEnded: false, amiodarone).Lines);
    }

    [Fact]
    public void M28_What_was_prescribed_and_never_dispensed_says_so()
    {
        var prescription = Letter("p", "20261101", Prescribed(Atorvastatin, "20261101", "20270131"));
        var other = Letter("d", "20261102", Dispensed(Keppra, "20261102", "30"));
        TreatmentLine Statin(string at, params CareDocument[] documents) => LineOf(Merge(at, documents), "atorvastatine");

        var line = Statin("20261120", prescription, other);
        Assert.Equal(TreatmentStatus.Running, line.Status);
        Assert.Contains(TreatmentNote.NoDispensation, line.Notes);
        Assert.DoesNotContain(TreatmentNote.NoDispensation, Statin("20261105", prescription, other).Notes);
        Assert.DoesNotContain(TreatmentNote.NoDispensation, Statin("20261120", prescription).Notes);
    }

    [Fact]
    public void M29_What_was_given_in_a_stay_is_not_given_after_it()
    {
        var line = LineOf("20260810", Letter("a", "20260806", Administered(Lovenox, "20260802", "20260806").Taking("1", "1 d")));
        Assert.Equal((TreatmentStatus.Ended, Day("20260806")), (line.Status, line.EndTime));

        // Without an end of its own it ends with the stay that the document is about.
        var stay = Letter(
            "a",
            "20260806",
            Administered(Lovenox, "20260802").Taking("1", "1 d").With(fact => fact.Medication.Period.High = new Moment()));
        Assert.Equal(TreatmentStatus.EndUnknown, LineOf("20260810", stay).Status);
        stay.Metadata.ServiceStopTime = Day("20260806");
        Assert.Equal(TreatmentStatus.Ended, LineOf("20260810", stay).Status);
        var during = LineOf("20260804", stay);
        Assert.Equal(RunningReasonKind.Administered, Assert.Single(during.RunningReasons).Kind);
    }

    [Fact]
    public void M30_What_was_given_once_is_no_treatment()
    {
        var vaccine = Administered(Keppra, "20261001").With(fact => fact.Medication.Immunization = true);
        var once = Administered(Keppra, "20261001").With(fact => fact.Medication.Period.Single = true);
        var oneDay = Administered(Keppra, "202610010800", "202610010900");
        var statement = Merge("20261010", Letter("a", "20261001", vaccine, once, oneDay));
        Assert.Empty(statement.Lines);
        Assert.Equal((UnusedReason.SingleEvent, 3), (Assert.Single(statement.Unused).Reason, statement.Unused[0].Count));
    }

    [Fact]
    public void M33_A_statement_of_no_treatment_is_shown_and_an_older_one_is_no_conflict()
    {
        var statement = Merge("20261010",
            Letter("a", "20261001", None("Aucun traitement en cours")),
            Letter("b", "20261003", Prescribed(Keppra, "20261003", "20261101")));
        Assert.Equal("Aucun traitement en cours", Assert.Single(statement.NoneStated).Text);
        Assert.Equal(Day("20261001"), statement.NoneStated[0].Source.StatedTime);
        Assert.Empty(Assert.Single(statement.Lines).Conflicts);
    }

    [Fact]
    public void M34_A_newer_one_is_a_conflict_and_empties_nothing()
    {
        var statement = Merge("20261110",
            Letter("a", "20261001", Prescribed(Keppra, "20261001", "20261229")),
            Letter("b", "20261105", None("Aucun traitement en cours")));
        var line = Assert.Single(statement.Lines);
        Assert.Equal(TreatmentStatus.Running, line.Status);
        var conflict = Assert.Single(line.Conflicts);
        Assert.Equal((TreatmentConflictKind.NoneStated, "b"), (conflict.Kind, conflict.Against.DocumentId));
    }

    [Theory]
    [InlineData("31/02/2026", null)]
    [InlineData("20620101", null)]
    [InlineData("20261001", "20990101")]
    [InlineData("20261001", "20260901")]
    public void M40_Dates_that_cannot_be_true_are_flagged_and_not_counted_with(string low, string? high)
    {
        var line = LineOf("20261110", Letter("a", "20261001", Prescribed(Keppra, low, high).Taking("1", "1 d")));
        Assert.Contains(TreatmentNote.DateInvalid, line.Notes);
        Assert.Equal(TreatmentStatus.EndUnknown, line.Status);
        Assert.Equal(low, line.Sources[0].PeriodLow);
        Assert.Equal(Day("20261001"), line.BeginTime);
    }

    [Fact]
    public void What_is_to_begin_later_or_is_only_planned_is_planned()
    {
        var later = LineOf("20261110", Letter("a", "20261101", Prescribed(Keppra, "20261201", "20270101")));
        Assert.Equal((TreatmentStatus.Planned, Day("20261201")), (later.Status, later.BeginTime));
        var plan = Prescribed(Keppra).With(fact => fact.Medication.Role = MedicationRole.Planned);
        Assert.Equal(TreatmentStatus.Planned, LineOf("20261110", Letter("a", "20261101", plan)).Status);
        var goal = Prescribed(Keppra).With(fact => fact.Mood = "PRP");
        Assert.Equal(UnusedReason.NotPrescribed, Assert.Single(Merge("20261110", Letter("a", "20261101", goal)).Unused).Reason);
    }

    [Fact]
    public void Statements_that_are_no_treatment_of_the_patient_are_counted()
    {
        var statement = Merge("20261110", Letter(
            "a",
            "20261101",
            Listed(Keppra).With(fact => fact.Subject = new CodedValue { Code = "CHILD" }),
            Listed(Keppra).With(fact => fact.Medication.Role = MedicationRole.Implicated),
            Listed(Keppra).With(fact => fact.State = "nullified"),
            Listed(Keppra).With(fact => fact.Negated = true),
            Prescribed(Keppra).With(fact => fact.Negated = true)));
        Assert.Empty(statement.Lines);
        Assert.Equal(
            [(UnusedReason.OfAnotherPerson, 1), (UnusedReason.Implicated, 1), (UnusedReason.NotTaken, 3)],
            statement.Unused.Select(one => (one.Reason, one.Count)));
    }
}
