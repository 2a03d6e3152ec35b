using System.Globalization;
using Dmp.Facts.Reading;
using Google.Protobuf.Collections;
using Contract = Dmp.Facts.V1;
using Model = Dmp.Facts.Model;

namespace Dmp.Server.Facts;

/// <summary>Facts as the contract has them. What a document does not have is empty or absent; nothing is computed.</summary>
internal static class FactMapping
{
    private const int TitleMax = 200;

    public static Contract.Fact ToMessage(Model.Fact fact)
    {
        var message = new Contract.Fact
        {
            Source = ToMessage(fact.Source),
            Subject = ToMessage(fact.Subject),
            Negated = fact.IsNegated,
            Absence = (Contract.FactAbsence)fact.Absence,
            Mood = fact.Mood,
            State = fact.State ?? "",
            Text = fact.Text ?? "",
            Author = fact.Author is { } author
                ? new Contract.FactAuthor { Id = author.Id ?? "", Name = author.Name ?? "", Time = ToMessage(author.Time) }
                : null,
        };
        foreach (var reference in fact.References)
        {
            message.References.Add(new Contract.FactReference
            {
                Code = ToMessage(reference.Code),
                Relation = reference.Relation ?? "",
                Ids = { reference.Ids },
            });
        }

        switch (fact)
        {
            case Model.Medication medication:
                message.Medication = ToMessage(medication);
                break;
            case Model.Allergy allergy:
                message.Allergy = ToMessage(allergy);
                break;
            case Model.Problem problem:
                message.Problem = ToMessage(problem);
                break;
            case Model.Observation observation:
                message.Observation = ToMessage(observation);
                break;
            case Model.ClinicalAct act:
                message.Act = ToMessage(act);
                break;
            case Model.Encounter encounter:
                message.Encounter = ToMessage(encounter);
                break;
            case Model.Device device:
                message.Device = ToMessage(device);
                break;
            case Model.Remark remark:
                message.Remark = new Contract.Remark { Time = ToMessage(remark.Time) };
                break;
            default:
                throw new ArgumentException($"A fact of a kind that the contract does not have: {fact.GetType().Name}.", nameof(fact));
        }

        return message;
    }

    public static Contract.Unread ToMessage(Model.Unread unread) => new()
    {
        SectionCode = unread.Section ?? "",
        SectionTitle = Words.Cut(unread.SectionTitle, TitleMax),
        Reason = (Contract.UnreadReason)unread.Reason,
        Count = unread.Count,
    };

    public static Contract.FactKind KindOf(Contract.Fact fact) => fact.KindCase switch
    {
        Contract.Fact.KindOneofCase.Medication => Contract.FactKind.Medication,
        Contract.Fact.KindOneofCase.Allergy => Contract.FactKind.Allergy,
        Contract.Fact.KindOneofCase.Problem => Contract.FactKind.Problem,
        Contract.Fact.KindOneofCase.Observation => Contract.FactKind.Observation,
        Contract.Fact.KindOneofCase.Act => Contract.FactKind.Act,
        Contract.Fact.KindOneofCase.Encounter => Contract.FactKind.Encounter,
        Contract.Fact.KindOneofCase.Device => Contract.FactKind.Device,
        Contract.Fact.KindOneofCase.Remark => Contract.FactKind.Remark,
        _ => Contract.FactKind.Unspecified,
    };

    private static Contract.FactSource ToMessage(Model.FactSource source) => new()
    {
        SectionCode = source.Section ?? "",
        SectionTitle = source.SectionTitle,
        Entry = source.Entry,
        Place = source.Place,
        Within = source.Within ?? 0,
        Relation = source.Relation ?? "",
        Ids = { source.Ids },
    };

    private static Contract.Medication ToMessage(Model.Medication fact)
    {
        var message = new Contract.Medication
        {
            Role = (Contract.MedicationRole)fact.Role,
            Immunization = fact.IsImmunization,
            Name = fact.Product.Name ?? "",
            ProductText = fact.Product.Text ?? "",
            Form = ToMessage(fact.Product.Form),
            Lot = fact.Product.Lot ?? "",
            Period = ToMessage(fact.Period),
            Most = ToMessage(fact.Most?.Numerator),
            MostIn = ToMessage(fact.Most?.Denominator),
            Supplied = ToMessage(fact.Supplied),
            SupplyTime = ToMessage(fact.SuppliedAt),
            PatientInstructions = fact.PatientInstructions ?? "",
            DispenserInstructions = fact.DispenserInstructions ?? "",
            PrescriptionItem = fact.PrescriptionItem ?? "",
        };
        if (fact.Renewals is { } renewals)
        {
            message.Renewals = renewals;
        }

        Add(message.Codes, fact.Product.Codes);
        message.Ingredients.AddRange(fact.Product.Ingredients.Select(ingredient => new Contract.Ingredient
        {
            Substance = ToMessage(ingredient.Substance),
            Name = ingredient.Name ?? "",
            Numerator = ToMessage(ingredient.Numerator),
            Denominator = ToMessage(ingredient.Denominator),
        }));
        message.Dosages.AddRange(fact.Dosages.Select(dosage => new Contract.Dosage
        {
            Period = ToMessage(dosage.Period),
            Every = ToMessage(dosage.Every),
            Event = dosage.Event ?? "",
            Dose = ToMessage(dosage.Dose),
            Rate = ToMessage(dosage.Rate),
            Route = ToMessage(dosage.Route),
            Text = dosage.Text ?? "",
        }));
        return message;
    }

    private static Contract.Allergy ToMessage(Model.Allergy fact)
    {
        var message = new Contract.Allergy
        {
            Type = ToMessage(fact.Type),
            Agent = ToMessage(fact.Agent?.Code),
            AgentName = fact.Agent?.Name ?? "",
            Period = ToMessage(fact.Period),
            Value = ToMessage(fact.Value),
            Status = ToMessage(fact.Status),
            Criticality = ToMessage(fact.Criticality),
            Certainty = ToMessage(fact.Certainty),
            ConcernState = fact.ConcernState ?? "",
        };
        message.Reactions.AddRange(fact.Reactions.Select(reaction => new Contract.Reaction
        {
            Manifestation = ToMessage(reaction.Manifestation),
            Severity = ToMessage(reaction.Severity),
            Period = ToMessage(reaction.Period),
            Negated = reaction.IsNegated,
        }));
        return message;
    }

    private static Contract.Problem ToMessage(Model.Problem fact)
    {
        var message = new Contract.Problem
        {
            Type = ToMessage(fact.Type),
            Value = ToMessage(fact.Value),
            Period = ToMessage(fact.Period),
            Status = ToMessage(fact.Status),
            ConcernState = fact.ConcernState ?? "",
            Severity = ToMessage(fact.Severity),
            Certainty = ToMessage(fact.Certainty),
        };
        Add(message.Sites, fact.Sites);
        return message;
    }

    private static Contract.Observation ToMessage(Model.Observation fact)
    {
        var message = new Contract.Observation
        {
            Kind = (Contract.ObservationKind)fact.Kind,
            Code = ToMessage(fact.Code),
            Time = ToMessage(fact.Time),
            Specimen = ToMessage(fact.Specimen),
            PanelTime = ToMessage(fact.PanelTime),
            Status = ToMessage(fact.Status),
            Severity = ToMessage(fact.Severity),
            Certainty = ToMessage(fact.Certainty),
        };
        message.Values.AddRange(fact.Values.Select(ToMessage));
        message.Ranges.AddRange(fact.Ranges.Select(range => new Contract.ReferenceRange
        {
            Value = range.Value is { } value ? ToMessage(value) : null,
            Interpretation = ToMessage(range.Interpretation),
            Text = range.Text ?? "",
        }));
        Add(message.Interpretations, fact.Interpretations);
        Add(message.Methods, fact.Methods);
        Add(message.Sites, fact.Sites);
        Add(message.Panels, fact.Panels);
        return message;
    }

    private static Contract.ClinicalAct ToMessage(Model.ClinicalAct fact)
    {
        var message = new Contract.ClinicalAct
        {
            Element = fact.Element,
            Code = ToMessage(fact.Code),
            Period = ToMessage(fact.Period),
            Priority = ToMessage(fact.Priority),
        };
        Add(message.Methods, fact.Methods);
        Add(message.Sites, fact.Sites);
        Add(message.Approaches, fact.Approaches);
        return message;
    }

    private static Contract.Encounter ToMessage(Model.Encounter fact) => new()
    {
        Code = ToMessage(fact.Code),
        Period = ToMessage(fact.Period),
        Priority = ToMessage(fact.Priority),
        OrganizationId = fact.Organization?.Id ?? "",
        OrganizationName = fact.Organization?.Name ?? "",
    };

    private static Contract.Device ToMessage(Model.Device fact)
    {
        var message = new Contract.Device
        {
            Code = ToMessage(fact.Code),
            Model = fact.Model ?? "",
            DeviceIds = { fact.DeviceIds },
            Period = ToMessage(fact.Period),
            Use = ToMessage(fact.Use),
            Supplied = ToMessage(fact.Supplied),
        };
        if (fact.Renewals is { } renewals)
        {
            message.Renewals = renewals;
        }

        return message;
    }

    private static Contract.ObservedValue ToMessage(Model.ObservedValue value)
    {
        var message = new Contract.ObservedValue { Per = ToMessage(value.Per), NullFlavor = value.NullFlavor ?? "" };
        switch (value)
        {
            case { Code: { } code }:
                message.Code = ToMessage(code);
                break;
            case { Quantity: { } quantity }:
                message.Quantity = ToMessage(quantity);
                break;
            case { Time: { } time }:
                message.Time = ToMessage(time);
                break;
            case { Truth: { } truth }:
                message.Truth = truth;
                break;
            case { Text: { } text }:
                message.Text = text;
                break;
        }

        return message;
    }

    private static Contract.CodedValue? ToMessage(Model.Coded? coded)
    {
        if (coded is null)
        {
            return null;
        }

        var message = new Contract.CodedValue
        {
            Code = coded.Code ?? "",
            System = coded.System ?? "",
            Display = coded.Display ?? "",
            Text = coded.Text ?? "",
            NullFlavor = coded.NullFlavor ?? "",
        };
        Add(message.Translations, coded.Translations);
        message.Qualifiers.AddRange(coded.Qualifiers.Select(qualifier =>
            new Contract.CodeQualifier { Name = ToMessage(qualifier.Name), Value = ToMessage(qualifier.Value) }));
        return message;
    }

    private static Contract.Quantity? ToMessage(Model.Quantity? quantity)
    {
        if (quantity is null)
        {
            return null;
        }

        var message = new Contract.Quantity
        {
            Value = quantity.Value?.ToString(CultureInfo.InvariantCulture) ?? "",
            Unit = quantity.Unit ?? "",
            Written = quantity.Written ?? "",
            NullFlavor = quantity.NullFlavor ?? "",
            Exclusive = quantity.IsExclusive,
        };
        message.Translations.AddRange(quantity.Translations.Select(other => ToMessage(other)!));
        return message;
    }

    private static Contract.QuantityRange? ToMessage(Model.QuantityRange? range)
    {
        if (range is null)
        {
            return null;
        }

        return new Contract.QuantityRange
        {
            Low = ToMessage(range.Low),
            High = range.IsSingle ? null : ToMessage(range.High),
            Single = range.IsSingle,
        };
    }

    private static Contract.Stretch? ToMessage(Model.Stretch? stretch)
    {
        if (stretch is null)
        {
            return null;
        }

        return new Contract.Stretch
        {
            Low = ToMessage(stretch.Low),
            High = stretch.IsSingle ? null : ToMessage(stretch.High),
            Width = ToMessage(stretch.Width),
            Single = stretch.IsSingle,
        };
    }

    private static Contract.Moment? ToMessage(Model.Moment? moment) =>
        moment is null ? null : new Contract.Moment { Written = moment.Written ?? "", NullFlavor = moment.NullFlavor ?? "" };

    private static void Add(RepeatedField<Contract.CodedValue> field, IReadOnlyList<Model.Coded> codes) =>
        field.AddRange(codes.Select(code => ToMessage(code)!));
}
