using Dmp.Facts.Model;
using Dmp.Fhir.Reading;

namespace Dmp.Fhir.Statements;

/// <content>What a resource of each kind states, with its parts.</content>
internal sealed partial class FactWalk
{
    /// <summary>A report is no fact but for what it concludes: it is the battery of its results.</summary>
    private OpenPart WalkReport(FhirNode report, OpenPart around)
    {
        place++;
        if (maker.Conclusion(report, around) is { } conclusion)
        {
            Keep(conclusion, report, around, place);
        }

        Remarks(report, around with { Within = null });
        var panel = Batteries.PanelOf(bundle, report) is { } coded ? maker.Values.Concept(coded) : null;
        return around with
        {
            Panels = ObservationFacts.WithPanel(around.Panels, panel),
            PanelTime = maker.Values.When(report, "effective") ?? around.PanelTime,
            Specimen = maker.SpecimenOf(report) ?? around.Specimen,
        };
    }

    /// <summary>A list only holds others.</summary>
    private OpenPart WalkList(FhirNode list, OpenPart around)
    {
        place++;
        Remarks(list, around);
        return around;
    }

    private OpenPart WalkFamily(FhirNode history, OpenPart around)
    {
        var count = 0;
        foreach (var fact in maker.Family(history))
        {
            count++;
            Keep(fact, history, around, ++place);
        }

        if (count == 0)
        {
            ledger.Count(around.Section, UnreadReason.SaysNothing);
        }

        Remarks(history, around);
        return around;
    }

    private OpenPart WalkStatement(FhirNode resource, OpenPart around, Batteries reports)
    {
        var own = ++place;
        if (ledger.IsFull)
        {
            // Nothing is made of what would not be kept.
            ledger.Count(around.Section, UnreadReason.TooMany);
            return around;
        }

        if (around.Panels.Count == 0 && resource.Type == "Observation")
        {
            around = reports.Around(resource, around);
        }

        var fact = maker.Make(resource, around);
        ledger.Count(around.Section, UnreadReason.OtherKind, maker.TakeOthers());
        if (maker.SaysNothing(fact, resource))
        {
            ledger.Count(around.Section, UnreadReason.SaysNothing);
            return around;
        }

        Keep(fact, resource, around, own);
        var inside = around with { Within = own, Relation = "COMP" };
        if (fact is Observation whole)
        {
            Components(resource, whole, inside);
            inside = inside with
            {
                Panels = ObservationFacts.WithPanel(whole.Panels, whole.Code),
                PanelTime = whole.Time ?? whole.PanelTime,
                Specimen = whole.Specimen,
            };
        }
        else if (fact is Medication { IsImmunization: true })
        {
            foreach (var dose in maker.Doses(resource))
            {
                Keep(dose, resource, inside with { Relation = "SUBJ" }, ++place, isPart: true);
            }

            inside = inside with { Relation = "CAUS" };
        }

        Remarks(resource, inside with { Relation = "SUBJ" });
        return inside;
    }

    private void Components(FhirNode resource, Observation whole, OpenPart inside)
    {
        foreach (var component in resource.Of("component"))
        {
            place++;
            var fact = maker.Component(component, whole);
            ledger.Count(inside.Section, UnreadReason.OtherKind, maker.TakeOthers());
            if (fact.Code is null && fact.Values.Count == 0)
            {
                ledger.Count(inside.Section, UnreadReason.SaysNothing);
            }
            else
            {
                Keep(fact, resource, inside, place, isPart: true);
            }
        }
    }

    private void Remarks(FhirNode resource, OpenPart inside)
    {
        var notes = resource.Of("note").Concat(resource.Of("reaction").SelectMany(reaction => reaction.Of("note")));
        foreach (var note in notes)
        {
            var remark = maker.Remark(note, inside.Section);
            if (remark is not null)
            {
                Keep(remark, resource, inside, ++place, isPart: true);
            }
        }
    }

    private void Keep(Fact fact, FhirNode resource, OpenPart around, int own, bool isPart = false)
    {
        if (!ledger.HasRoom(around.Section))
        {
            return;
        }

        ledger.Add(maker.Placed(fact, resource, around, new FactPlace(entry, own, isPart)), around.Section);
    }
}
