using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using Dmp.Record.V1;
using Xunit;
using static Dmp.Care.Tests.Emergencies.Pages;
using Fact = Dmp.Facts.V1.Fact;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>The rules of docs/care-page.md, by their numbers.</summary>
public sealed class SummaryRuleTests
{
    [Fact]
    public void P1_The_strip_says_of_whom_for_whom_when_and_by_which_right()
    {
        var page = Page();
        Assert.Equal("Lu le 01/11/2026 à 12:00 par Luc Urgent, CHU de Ville, accès : bris de glace", page.Strip.Text);
        Assert.Contains("peut être incomplet", page.Strip.Warning, StringComparison.Ordinal);
        Assert.Equal(
            "ESSAI-MARTIN Jeanne, Claude · nom utilisé : Durand · sexe féminin · né(e) le 12/03/1948 (78 ans) "
            + "· INS 248037512345678 (identité qualifiée)",
            page.Identity.Text);
        Assert.Equal(IdentityStatus.Qualified, page.Identity.Status);
        var english = EmergencySummaryBuilder.Build(Input() with { Language = SummaryLanguage.English });
        Assert.Equal("Read on 1 Nov 2026, 12:00 by Luc Urgent, CHU de Ville, access: break-glass", english.Strip.Text);
    }

    [Fact]
    public void P2_What_the_patient_says_is_marked_and_overrides_no_professional()
    {
        var page = Page(
            Letter("1", "20250101", Allergy("Latex", "active", "111088007")),
            OfPatient("2", "20260901", Allergy("Latex", "inactive", "111088007"), Allergy("Kiwi")));

        Assert.Equal(["Latex", "Patient : Kiwi"], page.Allergies.Lines.Select(line => line.Line.Title));
        var latex = page.Allergies.Lines[0];
        Assert.Equal((StatedState.Active, false, 2), (latex.State, latex.Line.ByPatient, latex.Line.Sources.Count));
        Assert.Contains("autre source : état différent", latex.Line.Details);
        Assert.Equal(
            "déclaré par le patient ou son entourage, 01/09/2026, il y a 2 mois",
            page.Allergies.Lines[1].Line.Origin.Replace("61 jours", "2 mois", StringComparison.Ordinal));
        Assert.True(page.Allergies.Lines[1].Line.ByPatient);
        var english = EmergencySummaryBuilder.Build(
            Input(OfPatient("2", "20260901", Allergy("Kiwi"))) with { Language = SummaryLanguage.English });
        Assert.StartsWith("Patient: Kiwi", english.Allergies.Lines[0].Line.Title, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("202611011030", "il y a moins d'une heure", "less than an hour ago")]
    [InlineData("202610301200", "il y a 47 h", "47 h ago")]
    [InlineData("202610301100", "il y a 2 jours", "2 days ago")]
    [InlineData("202609031100", "il y a 59 jours", "59 days ago")]
    [InlineData("202609021100", "il y a 2 mois", "2 months ago")]
    [InlineData("202509011100", "il y a 14 mois", "14 months ago")]
    [InlineData("202412011100", "il y a 23 mois", "23 months ago")]
    [InlineData("202411011100", "il y a 2 ans", "2 years ago")]
    [InlineData("201808111100", "il y a 8 ans", "8 years ago")]
    public void P3_Ages_are_told_in_hours_days_months_and_years(string time, string french, string english)
    {
        var ages = (new Ages(Now, SummaryLanguage.French), new Ages(Now, SummaryLanguage.English));
        Assert.Equal(
            (french, english),
            (ages.Item1.Ago(Time(time), TimePrecision.Time), ages.Item2.Ago(Time(time), TimePrecision.Time)));
    }

    [Theory]
    [InlineData("20261101", TimePrecision.Day, "aujourd'hui", "01/11/2026")]
    [InlineData("20261031", TimePrecision.Day, "hier", "31/10/2026")]
    [InlineData("20261001", TimePrecision.Month, "il y a 1 mois", "10/2026")]
    [InlineData("20261101", TimePrecision.Month, "ce mois-ci", "11/2026")]
    [InlineData("20260101", TimePrecision.Year, "cette année", "2026")]
    [InlineData("20190101", TimePrecision.Year, "il y a 7 ans", "2019")]
    public void P3_No_more_is_told_than_is_known(string day, TimePrecision precision, string age, string date)
    {
        Ages ages = new(Now, SummaryLanguage.French);
        Assert.Equal((age, date), (ages.Ago(Time(day), precision), ages.Date(Time(day), precision)));
    }

    [Theory]
    [InlineData("2026-10-20", "12 jours")]
    [InlineData("2025-03-02", "19 mois")]
    [InlineData("2008-11-02", "17 ans")]
    [InlineData("2008-11-01", "18 ans")]
    public void P3_A_newborn_has_days_and_a_child_months(string born, string age) =>
        Assert.Equal(age, EmergencySummaryBuilder.Build(Input() with { Record = Person(born: born) }).Identity.Age);

    [Fact]
    public void P4_Allergies_stand_active_before_past_worst_first_and_coded_before_words()
    {
        var page = Page(Letter(
            "1",
            "20260101",
            Allergy("Pollen"),
            Allergy("Aspirine", "inactive", "A1"),
            Allergy("Iode (contraste)", "active", "A2"),
            Allergy("Fraise", "active"),
            Allergy("Pénicilline", "active", "A3", allergy =>
            {
                allergy.Criticality = new CodedValue { Code = "high", Display = "élevée" };
                allergy.Certainty = new CodedValue { Display = "confirmée" };
                allergy.Reactions.Add(new Reaction
                {
                    Manifestation = new CodedValue { Display = "choc anaphylactique" },
                    Severity = new CodedValue { Display = "sévère" },
                });
                allergy.Reactions.Add(new Reaction { Manifestation = new CodedValue { Display = "urticaire" }, Negated = true });
            })));

        Assert.Equal(
            ["Pénicilline", "Iode (contraste)", "Fraise", "Pollen", "Aspirine"], page.Allergies.Lines.Select(line => line.Line.Title));
        var worst = page.Allergies.Lines[0];
        Assert.Equal(["choc anaphylactique (sévère)"], worst.Reactions);
        Assert.Equal(
            ["actif", "choc anaphylactique (sévère)", "criticité : élevée", "confirmée"], worst.Line.Details);
        Assert.Equal("Anne Auteur1 (Cabinet 1), 01/01/2026, il y a 10 mois", worst.Line.Origin);
        Assert.Contains("passé", page.Allergies.Lines[4].Line.Details);
    }

    [Fact]
    public void P4_No_known_allergy_stands_under_an_allergy_and_not_instead_of_it()
    {
        var page = Page(
            Letter("1", "20250101", Allergy("Latex", "active")),
            Letter("2", "20240101", NoAllergy()),
            Letter("3", "20260601", NoAllergy("Aucune allergie")));

        Assert.Single(page.Allergies.Lines);
        Assert.Equal(
            [
                "Documenté comme absent par Anne Auteur3 (Cabinet 3), le 01/06/2026.",
                "Documenté comme absent par Anne Auteur2 (Cabinet 2), le 01/01/2024.",
            ],
            page.Allergies.NoneStated.Select(none => none.Text));
        Assert.DoesNotContain(page.NotFound.Gaps, gap => gap.Section == SummarySection.Allergies);

        var none = Page(Letter("2", "20240101", NoAllergy()));
        var gap = none.NotFound.Gaps.Single(one => one.Section == SummarySection.Allergies);
        Assert.Equal(
            (GapKind.DocumentedNone, "Documenté comme absent par Anne Auteur2 (Cabinet 2), le 01/01/2024.", "2"),
            (gap.Kind, gap.Text, gap.Source.DocumentId));
    }

    [Fact]
    public void P4_What_is_denied_of_an_agent_stands_beside_it_and_nobody_elses_counts()
    {
        var denied = Allergy("Amoxicilline", code: "A3");
        denied.Negated = true;
        var ofChild = Allergy("Arachide", "active");
        ofChild.Subject = new CodedValue { Code = "CHILD" };
        var page = Page(Letter("1", "20200101", Allergy("Amoxicilline", "active", "A3"), ofChild), Letter("2", "20260101", denied));

        var line = Assert.Single(page.Allergies.Lines);
        Assert.Equal("2", Assert.Single(line.DeniedBy).DocumentId);
        Assert.Contains("contredit par Anne Auteur2 (Cabinet 2), 01/01/2026, il y a 10 mois", line.Line.Details);
        Assert.Empty(Page(Letter("2", "20260101", denied)).Allergies.Lines);
    }

    [Fact]
    public void P4_A_medicine_that_is_held_responsible_for_an_effect_is_told_with_it()
    {
        var implicated = Listed("AMOXICILLINE EG 1G");
        implicated.Medication.Role = MedicationRole.Implicated;
        implicated.Source = new FactSource { SectionCode = "44939-7", Entry = 4, Place = 2 };
        var effect = Observed("418799008", Coded("MD90.0", "Nausée"), kind: ObservationKind.Unspecified);
        effect.Source = new FactSource { SectionCode = "44939-7", Entry = 4, Place = 3 };

        var page = Page(Letter("1", "20260101", implicated, effect));

        var line = Assert.Single(page.Allergies.Lines);
        Assert.True(line.UnwantedEffect);
        Assert.Equal(["effet indésirable", "Nausée"], line.Line.Details);
        Assert.Empty(page.OtherMedicines.Lines);
    }

    [Fact]
    public void P5_Dangerous_medicines_come_first_and_all_of_them()
    {
        string[] names = ["COUMADINE 5 mg", "LANTUS", "SKENAN", "PROGRAF", "digoxine", "TERALITHE", "KEPPRA", "KARDEGIC", "CORDARONE"];
        var page = Page(Letter(
            "1", "20261001", [.. names.Select(name => Listed(name, dose: "1 par jour")), Listed("DOLIPRANE"), Listed("INEXIUM")]));

        Assert.Equal(names.Length, page.DangerousMedicines.Lines.Count);
        Assert.Equal(2, page.OtherMedicines.Lines.Count);
        var warfarin = page.DangerousMedicines.Lines.Single(line => line.Treatment.DangerousGroup == "vka");
        Assert.Equal(
            ["Antivitamine K", "1 par jour", "fin inconnue", "cité comme pris le 01/10/2026"],
            warfarin.Line.Details.Take(4));
        Assert.Equal("Anne Auteur1 (Cabinet 1), 01/10/2026, il y a 31 jours", warfarin.Line.Origin);
        Assert.All(names, name => Assert.Contains(name, TextPage.Write(page), StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void P5_A_dangerous_medicine_that_ended_lately_is_still_told()
    {
        var page = Page(Letter(
            "1", "20261001", Listed("XARELTO", low: "20261001", high: "20261020"), Listed("DOLIPRANE", high: "20261020")));

        var line = Assert.Single(page.DangerousMedicines.Lines);
        Assert.Equal(TreatmentStatus.Ended, line.Treatment.Status);
        Assert.Contains(line.Line.Details, detail => detail.StartsWith("TERMINÉ", StringComparison.Ordinal));
        Assert.Empty(page.OtherMedicines.Lines);
        Assert.Equal(["DOLIPRANE"], page.OtherMedicines.RecentlyEnded);
        Assert.Contains("Terminés depuis moins de 30 jours : DOLIPRANE", TextPage.Write(page), StringComparison.Ordinal);
    }

    [Fact]
    public void P6_No_treatment_stated_takes_no_medicine_away()
    {
        Fact none = new()
        {
            Mood = "EVN",
            Absence = FactAbsence.NoneKnown,
            Text = "aucun traitement",
            Source = new FactSource { SectionCode = "10160-0" },
            Medication = new Dmp.Facts.V1.Medication { Role = MedicationRole.Listed },
        };
        var page = Page(Letter("1", "20261001", Listed("DOLIPRANE")), Letter("2", "20261020", none.Clone()));
        Assert.Single(page.OtherMedicines.Lines);
        Assert.Single(page.OtherMedicines.NoneStated);

        var empty = Page(Letter("2", "20261020", none));
        Assert.Equal(
            [GapKind.DocumentedNone, GapKind.DocumentedNone],
            empty.NotFound.Gaps
                .Where(gap => gap.Section is SummarySection.DangerousMedicines or SummarySection.OtherMedicines)
                .Select(gap => gap.Kind));
    }

    [Fact]
    public void P7_Problems_stand_active_before_past_without_what_is_denied_or_of_the_family()
    {
        var denied = Problem("Embolie pulmonaire");
        denied.Negated = true;
        var family = Problem("Drépanocytose", section: "10157-6");
        var complaint = Problem("Douleur", section: "10154-3");
        complaint.Problem.Type = new CodedValue { Code = "409586006" };
        var hip = Problem("Arthrose", low: "2020");
        hip.Problem.Sites.Add(new CodedValue
        {
            Display = "hanche",
            Qualifiers = { new CodeQualifier { Value = new CodedValue { Display = "droite" } } },
        });
        hip.Problem.Certainty = new CodedValue { Display = "confirmé" };
        var page = Page(Letter(
            "1", "20260101", denied, family, complaint, Problem("Infarctus", section: "11348-0", code: "I21", low: "20180811"),
            Problem("Épilepsie", code: "G40", status: "active"), Problem("Zona", low: "20250101", high: "20250201"), hip));

        Assert.Equal(["Arthrose", "Épilepsie", "Infarctus", "Zona"], page.Problems.Lines.Select(line => line.Line.Title));
        Assert.Equal(
            [StatedState.Active, StatedState.Active, StatedState.Past, StatedState.Past], page.Problems.Lines.Select(line => line.State));
        Assert.Equal(["actif", "hanche, droite", "confirmé", "depuis 2020"], page.Problems.Lines[0].Line.Details);
        Assert.Equal(["passé", "[I21]", "depuis 11/08/2018"], page.Problems.Lines[2].Line.Details);
    }

    [Fact]
    public void P8_Rules_of_dangerous_medicines_and_strong_ones_are_lines_and_others_are_counted()
    {
        var input = Input(Letter(
            "1", "20261001", Listed("KARDEGIC"), Listed("COUMADINE 5 mg"), Listed("DOLIPRANE"), Listed("MOPRAL"), Listed("ZOCOR")));
        var places = input.Medication.Lines.Select((line, place) => (line.Name, place)).ToDictionary(one => one.Name, one => one.place);
        var page = EmergencySummaryBuilder.Build(input.WithRules(
            (places["KARDEGIC"], places["COUMADINE 5 mg"],
                [(InteractionLevel.Contraindication, "à fortes doses"), (InteractionLevel.TakeIntoAccount, "à faibles doses")]),
            (places["COUMADINE 5 mg"], places["DOLIPRANE"], [(InteractionLevel.PrecautionForUse, "aux doses maximales")]),
            (places["DOLIPRANE"], places["ZOCOR"], [(InteractionLevel.NotRecommended, "")]),
            (places["MOPRAL"], places["ZOCOR"], [(InteractionLevel.TakeIntoAccount, "")])));

        Assert.Equal(2, page.Interactions.Lines.Count);
        var between = page.Interactions.Lines[0];
        Assert.True(between.BetweenDangerous);
        Assert.Equal(2, between.Severities.Count);
        Assert.Equal(
            "selon le cas : Contre-indication (CI) : à fortes doses | À prendre en compte (APEC) : à faibles doses",
            between.Line.Details[0]);
        Assert.NotNull(between.FirstSource);
        Assert.NotNull(between.SecondSource);
        Assert.Equal("DOLIPRANE + ZOCOR", page.Interactions.Lines[1].Line.Title);
        Assert.Equal((1, 1), (page.Interactions.PrecautionCount, page.Interactions.TakeIntoAccountCount));
        Assert.Equal(
            "Thésaurus 2023-09. Autres règles : 1 PE, 1 APEC. L'absence de règle ne veut pas dire absence d'interaction.",
            page.Interactions.Notes[0]);
    }

    [Fact]
    public void P8_Without_rules_in_force_the_page_says_that_nothing_was_checked()
    {
        var input = Input(Letter("1", "20261001", Listed("KARDEGIC"), Listed("COUMADINE 5 mg")));
        Assert.Equal(InteractionCheckState.NoReference, EmergencySummaryBuilder.Build(input).Interactions.State);
        Assert.Contains("Interactions non vérifiées", TextPage.Write(EmergencySummaryBuilder.Build(input)), StringComparison.Ordinal);
        var one = Input(Letter("1", "20261001", Listed("KARDEGIC"))).WithRules();
        Assert.Equal(InteractionCheckState.NothingToCheck, EmergencySummaryBuilder.Build(one).Interactions.State);
    }

    [Fact]
    public void P9_A_visit_of_the_last_three_days_stands_on_top_and_above_all_blocks()
    {
        var page = Page(
            Paper("1", "202610301000", "15507-7", [Problem("Chute", section: "29308-4")], title: "CR de passage aux urgences"),
            Paper("2", "20260901", "11490-0", []),
            Letter("3", "20261031", Visit("IMP", "20250101", "20250105"), Visit("AMB", "20261030"), Visit("IMP", "20270101")));

        Assert.Equal(
            [VisitKind.Emergency, VisitKind.DischargeLetter, VisitKind.Stay], page.Visits.Lines.Select(line => line.Kind));
        Assert.Equal([true, false, false], page.Visits.Lines.Select(line => line.Recent));
        Assert.Equal(
            ["CES 3 DERNIERS JOURS", "30/10/2026 à 11:00", "Cabinet 1", "CR de passage aux urgences", "Chute"],
            page.Visits.Lines[0].Line.Details);
        Assert.Equal("1", page.Visits.Lines[0].Document.DocumentId);
        Assert.Equal("Passage aux urgences, il y a 2 jours : Cabinet 1", Assert.Single(page.Strip.Alerts));
        Assert.Contains("CHU de Ville", page.Visits.Lines[2].Line.Details);
    }

    [Fact]
    public void P9_A_letter_that_is_no_structured_document_is_found_by_its_type()
    {
        var letter = Paper("9", "20261029", "11490-0", [], title: "Lettre de sortie");
        var page = EmergencySummaryBuilder.Build(Input() with { Unread = [letter] });
        Assert.Equal("9", Assert.Single(page.Visits.Lines).Document.DocumentId);
    }

    [Fact]
    public void P10_The_newest_result_is_that_of_the_newest_specimen()
    {
        var page = Page(
            Results("1", "20261020", Measured("14682-9", "130", "umol/L", "20261001"), Measured("6298-4", "4.1", "mmol/L", "20261020")),
            Results(
                "2", "20261010", Measured("14682-9", "98", "umol/L", "202610091030"),
                Measured("3289-6", "2.5", "1", "20260901", "TP (INR)")),
            Letter("3", "20261030", Measured("718-7", "13.0", "g/dL", "")));

        Assert.Equal(
            ["Créatinine : 98 µmol/L", "Potassium : 4.1 mmol/L", "INR : 2.5", "Hémoglobine : 13.0 g/dL"],
            page.Results.Lines.Select(line => line.Line.Title));
        var creatinine = page.Results.Lines[0];
        Assert.Equal(("98", "umol/L", "130"), (creatinine.Value, creatinine.Unit, creatinine.PreviousValue));
        Assert.Equal("Anne Auteur2 (Cabinet 2), 09/10/2026 à 10:30, il y a 23 jours", creatinine.Line.Origin);
        Assert.Contains("avant : 130 µmol/L (01/10/2026)", creatinine.Line.Details);
        Assert.DoesNotContain(page.NotFound.Gaps, gap => gap.Section == SummarySection.Results);
        Assert.Equal(
            ["Créatinine", "Potassium", "INR", "Hémoglobine"],
            Page().NotFound.Gaps.Where(gap => gap.Section == SummarySection.Results).Select(gap => gap.Name));
    }

    [Fact]
    public void P11_Of_magnetic_resonance_nothing_is_told_that_no_document_says()
    {
        var page = Page(Letter(
            "1", "20260101", Device("Stimulateur cardiaque", "20190811"),
            Device("Clip vasculaire", "20150101", "IRM compatible 1,5 T selon carte")));
        Assert.Equal(["", "IRM compatible 1,5 T selon carte"], page.Devices.Lines.Select(line => line.MrInformation));
        Assert.Equal(["11/08/2019"], page.Devices.Lines[0].Line.Details);
    }

    [Fact]
    public void P12_An_act_that_left_an_implant_is_told_with_its_date_and_a_planned_one_is_not()
    {
        static Fact Act(string mood) => new()
        {
            Mood = mood,
            Act = new ClinicalAct
            {
                Code = new CodedValue { Code = "DDAF004", Display = "Dilatation de 2 vaisseaux coronaires avec pose d'endoprothèse" },
                Period = new Stretch { Low = new Moment { Written = "20180114" }, Single = true },
            },
        };
        var line = Assert.Single(Page(Letter("1", "20260101", Act("EVN"), Act("RQO"))).Devices.Lines);
        Assert.True(line.ByAct);
        Assert.Equal(["acte", "14/01/2018"], line.Line.Details);
    }

    [Theory]
    [InlineData("20261015", "20270401", PregnancyState.Pregnant)]
    [InlineData("20251201", "20260401", PregnancyState.Past)]
    [InlineData("20251201", "", PregnancyState.Past)]
    [InlineData("20260801", "20261020", PregnancyState.Pregnant)]
    [InlineData("20260801", "20261010", PregnancyState.Past)]
    public void P13_A_pregnancy_is_past_after_42_weeks(string stated, string expected, PregnancyState state)
    {
        var status = Observed("82810-3", Coded("77386006", "enceinte"), kind: ObservationKind.Pregnancy);
        Fact[] facts = expected.Length == 0 ? [status]
            :
            [
                status,
                Observed(
                    "11778-8", new ObservedValue { Time = new Stretch { Low = new Moment { Written = expected } } },
                    kind: ObservationKind.Pregnancy),
            ];
        var line = Page(Letter("1", stated, facts)).Pregnancy.Line;
        Assert.Equal((state, expected), (line.State, line.ExpectedDate));
    }

    [Fact]
    public void P13_Not_pregnant_is_a_statement_and_a_man_is_not_asked()
    {
        var no = Observed("82810-3", Coded("60001007", "non enceinte"), kind: ObservationKind.Pregnancy);
        Assert.Equal(PregnancyState.NotPregnant, Page(Letter("1", "20261001", no)).Pregnancy.Line.State);
        static bool IsMissed(Sex sex, string born) =>
            EmergencySummaryBuilder.Build(Input() with { Record = Person(sex, born) }).NotFound.Gaps
                .Any(gap => gap.Section == SummarySection.Pregnancy);
        Assert.True(IsMissed(Sex.Female, "1990-01-01"));
        Assert.False(IsMissed(Sex.Male, "1990-01-01"));
        Assert.False(IsMissed(Sex.Female, "1948-01-01"));
    }

    [Fact]
    public void P14_A_blood_group_is_a_laboratorys_or_none()
    {
        static Fact Group(string words, string code = "278149003") =>
            Observed("882-1", Coded(code, words), "20230125", ObservationKind.BloodGroup);
        Assert.Null(Page(Letter("1", "20260101", Group("groupe sanguin A positif"))).BloodGroup.Line);
        Assert.Null(Page(Results("1", "20260101", Observed(
            "882-1", new ObservedValue { Text = "A positif" }, kind: ObservationKind.BloodGroup))).BloodGroup.Line);
        Assert.Null(Page(Results("1", "20260101", Observed(
            "883-9", Coded("112144000", "groupe A"), kind: ObservationKind.BloodGroup))).BloodGroup.Line);

        var one = Page(Results("1", "20260101", Group("groupe sanguin A positif")));
        Assert.Equal("A RhD +", one.BloodGroup.Line.Title);
        Assert.Equal("Ne remplace jamais la détermination et le contrôle avant transfusion.", one.BloodGroup.Reminder);
        var two = Page(
            Results("1", "20260101", Group("groupe sanguin A positif")),
            Results(
                "2", "20260201", Observed("883-9", Coded("112144000", "groupe A"), kind: ObservationKind.BloodGroup),
                Observed("10331-7", Coded("165747007", "RhD positif"), kind: ObservationKind.BloodGroup)));
        Assert.Equal(("A RhD +", false), (two.BloodGroup.Line.Title, two.BloodGroup.Contradictory));
        Assert.Contains("2 documents de laboratoire concordants", two.BloodGroup.Line.Details);

        var contradictory = Page(
            Results("1", "20260101", Group("groupe sanguin A positif")), Results("2", "20260201", Group("groupe sanguin O négatif", "x")));
        Assert.True(contradictory.BloodGroup.Contradictory);
        Assert.Equal("Résultats contradictoires, voir les documents.", contradictory.BloodGroup.Line.Title);
        Assert.Equal(2, contradictory.BloodGroup.Line.Sources.Count);
    }

    [Fact]
    public void P15_The_trusted_person_stands_apart_from_contacts()
    {
        SummaryWishes wishes = new(
            [
                new SummaryPerson(SummaryPersonKind.EmergencyContact, "Paul Durand", "+33600000002", "fils", null),
                new SummaryPerson(SummaryPersonKind.TrustedPerson, "Marie Essai", "+33600000001", "sœur", Time("20260101")),
            ],
            [],
            null);
        var page = EmergencySummaryBuilder.Build(Input() with { Wishes = wishes });
        Assert.Equal(
            ["Personne de confiance : Marie Essai", "Contact d'urgence : Paul Durand"], page.People.Lines.Select(line => line.Line.Title));
        Assert.Equal("01/01/2026, il y a 10 mois", page.People.Lines[0].Line.Origin);
        Assert.Contains(Page().NotFound.Gaps, gap => gap.Section == SummarySection.People);
    }

    [Fact]
    public void P16_Directives_exist_with_a_date_and_a_document_and_are_not_retold()
    {
        var words = Observed(
            "75779-9", new ObservedValue { Text = "pas de réanimation" }, "20180101", ObservationKind.AdvanceDirective, "Réanimation");
        var directive = Paper("5", "20250301", "EXPPAT_3", [], system: FrenchTypes) with { ByPatient = true };
        var page = EmergencySummaryBuilder.Build(Input(Letter("1", "20260101", words)) with { Unread = [directive] });

        Assert.Equal(
            ["Directives anticipées citées dans un document", "Patient : Directives anticipées"],
            page.Wishes.Directives.Select(line => line.Line.Title));
        Assert.Equal(["1", "5"], page.Wishes.Directives.Select(line => line.Document.DocumentId));
        Assert.DoesNotContain("réanimation", page.ToString(), StringComparison.OrdinalIgnoreCase);

        var no = Observed("42348-3", new ObservedValue { Truth = false }, kind: ObservationKind.AdvanceDirective);
        Assert.Equal(
            GapKind.DocumentedNone,
            Page(Letter("1", "20260101", no)).NotFound.Gaps.Single(gap => gap.Section == SummarySection.Directives).Kind);
    }

    [Fact]
    public void P17_Donation_is_a_statement_of_the_patient_and_never_a_donor()
    {
        var page = EmergencySummaryBuilder.Build(Input() with
        {
            Wishes = new SummaryWishes([], [], new SummaryDonation(SummaryDonationKind.OpposedInPart, "cornées", Time("20260101"))),
        });
        Assert.Equal("Déclaration du patient : s'oppose en partie : cornées", page.Wishes.Donation.Title);
        Assert.StartsWith("Le registre national des refus", page.Wishes.DonationReminder, StringComparison.Ordinal);
        Assert.Equal(page.Wishes.DonationReminder, Page().Wishes.DonationReminder);
        Assert.Contains("Don d'organes : non renseigné", TextPage.Write(Page()), StringComparison.Ordinal);
    }

    [Fact]
    public void P18_What_is_not_found_is_told_in_three_wordings_and_the_last_always()
    {
        var empty = Page();
        Assert.All(empty.NotFound.Gaps, gap => Assert.Equal("Aucune information trouvée dans ce dossier.", gap.Text));
        Assert.Equal(
            [
                SummarySection.Allergies, SummarySection.DangerousMedicines, SummarySection.OtherMedicines, SummarySection.Problems,
                SummarySection.Visits, SummarySection.Results, SummarySection.Results, SummarySection.Results, SummarySection.Results,
                SummarySection.Devices, SummarySection.BloodGroup, SummarySection.People, SummarySection.Directives,
                SummarySection.Donation,
            ],
            empty.NotFound.Gaps.Select(gap => gap.Section));
        const string French = "Des documents peuvent exister sans être visibles ici.";
        const string English = "Documents may exist that are not visible here.";
        Assert.Equal(French, empty.NotFound.HiddenPossible);
        Assert.Equal(French, Page(Letter("1", "20260101", Allergy("Latex"))).NotFound.HiddenPossible);
        var english = EmergencySummaryBuilder.Build(Input() with { Language = SummaryLanguage.English });
        Assert.Equal(English, english.NotFound.HiddenPossible);
        Assert.All(english.NotFound.Gaps, gap => Assert.Equal("Nothing about this was found in this record.", gap.Text));
        Assert.EndsWith($"  {French}\n", TextPage.Write(empty), StringComparison.Ordinal);
    }

    [Fact]
    public void P18_Unread_documents_are_counted_by_type_the_newest_first()
    {
        var page = EmergencySummaryBuilder.Build(Input() with
        {
            Unread =
            [
                Paper("1", "20200101", "11502-2", []), Paper("2", "20261001", "18748-4", []), Paper("3", "20260101", "11502-2", []),
            ],
        });
        Assert.Equal(
            [("18748-4", 1, "2"), ("11502-2", 2, "3")],
            page.NotFound.Unread.Select(type => (type.Type.Code, type.Count, type.Newest.DocumentId)));
        Assert.Equal("2 × type 11502-2, le plus récent : 01/01/2026, il y a 10 mois", page.NotFound.Unread[1].Text);
    }

    [Fact]
    public void P19_What_does_not_fit_is_counted_and_the_names_of_allergies_stay()
    {
        var page = Page(Letter(
            "1", "20260101",
            [
                .. Enumerable.Range(1, 9).Select(number => Allergy($"Allergène {number}", "active")),
                .. Enumerable.Range(1, 14).Select(number => Listed($"Produit {number:00}")),
                .. Enumerable.Range(1, 12).Select(number => Problem($"Maladie {number:00}")),
            ]));
        Assert.Equal((9, 14, 12), (page.Allergies.Lines.Count, page.OtherMedicines.Lines.Count, page.Problems.Lines.Count));
        var text = TextPage.Write(page);
        Assert.Contains("+ 3 autres : Allergène 7, Allergène 8, Allergène 9", text, StringComparison.Ordinal);
        Assert.Contains("+ 2 autres : Produit 13, Produit 14", text, StringComparison.Ordinal);
        Assert.Contains("+ 4 autres : Maladie 09, Maladie 10, Maladie 11, Maladie 12", text, StringComparison.Ordinal);
    }
}
