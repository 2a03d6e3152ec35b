using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Interactions.V1;
using static Dmp.Care.Tests.Emergencies.Pages;

namespace Dmp.Care.Tests.Emergencies;

/// <summary>A full page of an invented person, as the pictures of the documentation show it.</summary>
internal static class ExamplePage
{
    public static SummaryInput Input()
    {
        var history = Letter(
            "10",
            "20260312",
            Allergy("Amoxicilline", "active", "372687004", allergy =>
            {
                allergy.Criticality = new CodedValue { Code = "high", Display = "élevée" };
                allergy.Certainty = new CodedValue { Display = "confirmée" };
                allergy.Reactions.Add(new Reaction
                {
                    Manifestation = new CodedValue { Display = "choc anaphylactique" },
                    Severity = new CodedValue { Display = "sévère" },
                });
            }),
            Allergy("Produit de contraste iodé", "active", "426722004", allergy => allergy.Reactions.Add(new Reaction
            {
                Manifestation = new CodedValue { Display = "urticaire" },
                Severity = new CodedValue { Display = "modérée" },
            })),
            Allergy("Latex", "inactive", "111088007"),
            Listed("COUMADINE 5 mg, comprimé sécable", low: "20240105", dose: "selon INR, cible 2 à 3, le soir 1 comprimé"),
            Listed("KARDEGIC 75 mg", low: "20190901", dose: "1 sachet par jour"),
            Listed("LANTUS SOLOSTAR 100 unités/ml", low: "20210301", dose: "22 unités au coucher"),
            Listed("BISOPROLOL 2,5 mg", dose: "1 comprimé le matin"),
            Listed("RAMIPRIL 5 mg", dose: "1 comprimé le matin"),
            Listed("ATORVASTATINE 40 mg", dose: "1 comprimé le soir"),
            Listed("METFORMINE 1000 mg", dose: "1 comprimé matin et soir"),
            Listed("LEVOTHYROX 75 microgrammes", dose: "1 comprimé à jeun"),
            Listed("PARACETAMOL 1 g", dose: "si besoin, 3 par jour au plus"),
            Problem("Fibrillation auriculaire permanente", code: "I48", status: "active", low: "2019"),
            Problem("Diabète de type 2 insulinotraité", code: "E11", status: "active", low: "2008"),
            Problem("Insuffisance rénale chronique, stade 3b", code: "N18.3", status: "active", low: "202211"),
            Problem("Hypothyroïdie", code: "E03.9", status: "active", low: "2012"),
            Problem("Infarctus du myocarde", section: "11348-0", code: "I21", low: "20180811"),
            Device("Stimulateur cardiaque double chambre", "20190811", "IRM conditionnelle 1,5 T, carte de porteur du 12/08/2019"));
        history.Metadata.Authors[0].Person.FamilyName = "Petit";
        history.Metadata.Authors[0].Institution.Name = "Cabinet du Port";
        history.Metadata.Type.Display = "Synthèse médicale";
        var letter = Paper(
            "11", "202610300930", "15507-7", [Problem("Chute mécanique, plaie du cuir chevelu", section: "29308-4")],
            title: "CR de passage aux urgences");
        letter.Metadata.Authors[0].Person.FamilyName = "Roche";
        letter.Metadata.Authors[0].Person.GivenName = "Karim";
        letter.Metadata.Authors[0].Institution.Name = "CHU de Ville, urgences";
        letter.Metadata.ServiceStopTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(Time("202610301415"));
        var discharge = Paper("12", "20260114", "11490-0", [], title: "Décompensation cardiaque, adaptation du traitement");
        discharge.Metadata.Authors[0].Person.FamilyName = "Lemoine";
        discharge.Metadata.Authors[0].Institution.Name = "CHU de Ville, cardiologie";
        var results = Results(
            "13",
            "20261022",
            Measured("14682-9", "142", "umol/L", "202610220815", "Créatinine [Moles/Volume] Sérum/Plasma ; Numérique"),
            Measured("2823-3", "5.1", "mmol/L", "202610220815", "Potassium [Moles/Volume] Sérum/Plasma ; Numérique"),
            Measured("6301-6", "3.4", "1", "202610220815", "INR"),
            Measured("718-7", "10.9", "g/dL", "202610220815", "Hémoglobine [Masse/Volume] Sang ; Numérique"));
        results.Metadata.Authors[0].Person.FamilyName = "Bernard";
        results.Metadata.Authors[0].Institution.Name = "Laboratoire des Quais";
        var earlier = Results("14", "20260605", Measured("14682-9", "118", "umol/L", "202606050800"));
        var own = OfPatient("15", "20261012", Allergy("Kiwi"), Listed("IBUPROFENE 200 mg", dose: "2 comprimés en cas de mal de dos"));
        var directive = Paper("16", "20250301", "EXPPAT_3", [], system: FrenchTypes) with { ByPatient = true };
        var scan = Paper("17", "20240212", "18748-4", []);
        scan.Metadata.Type.Display = "CR d'imagerie médicale";
        directive.Metadata.Type.Display = "Directives anticipées";
        CareDocument[] documents = [history, letter, discharge, results, earlier, own];
        var input = Pages.Input(documents) with
        {
            Unread = [directive, scan, scan with { DocumentId = "18" }],
            Wishes = new SummaryWishes(
                [
                    new SummaryPerson(SummaryPersonKind.TrustedPerson, "Marie Essai", "+33 6 00 00 00 01", "SIS", Time("20240601")),
                    new SummaryPerson(SummaryPersonKind.EmergencyContact, "Paul Durand", "+33 6 00 00 00 02", "fils", null),
                    new SummaryPerson(SummaryPersonKind.AttendingPhysician, "Dr Anne Petit", "+33 2 00 00 00 03", "", null),
                ],
                [],
                new SummaryDonation(SummaryDonationKind.NotOpposed, "", Time("20240601"))),
        };
        return Checked(input);
    }

    /// <summary>Rules of the thesaurus in other words.</summary>
    private static SummaryInput Checked(SummaryInput input)
    {
        int Place(string name) => input.Medication.Lines.ToList().FindIndex(
            line => line.Name.StartsWith(name, StringComparison.OrdinalIgnoreCase)
                || line.Sources.Any(source => source.ProductText.StartsWith(name, StringComparison.OrdinalIgnoreCase)));
        return input.WithRules(
            (Place("COUMADINE"), Place("KARDEGIC"),
                [
                    (InteractionLevel.Contraindication, "doses anti-inflammatoires, ou antalgiques avec antécédent d'ulcère"),
                    (InteractionLevel.NotRecommended, "doses antiagrégantes avec antécédent d'ulcère"),
                    (InteractionLevel.TakeIntoAccount, "doses antiagrégantes"),
                ]),
            (Place("COUMADINE"), Place("IBUPROFENE"), [(InteractionLevel.NotRecommended, "augmentation du risque hémorragique")]),
            (Place("LANTUS"), Place("BISOPROLOL"), [(InteractionLevel.PrecautionForUse, "signes d'hypoglycémie masqués")]),
            (Place("RAMIPRIL"), Place("IBUPROFENE"), [(InteractionLevel.PrecautionForUse, "")]),
            (Place("BISOPROLOL"), Place("RAMIPRIL"), [(InteractionLevel.TakeIntoAccount, "")]));
    }
}
