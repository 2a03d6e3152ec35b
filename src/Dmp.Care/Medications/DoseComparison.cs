using Dmp.Interactions;

namespace Dmp.Care.Medications;

/// <summary>Whether two statements say different doses, as far as both can be counted.</summary>
internal static class DoseComparison
{
    private const int Digits = 4;

    public static bool Differs(Statement one, Statement other)
    {
        if (HaveOtherSalts(one, other))
        {
            return false;
        }

        if (one.Dose.TakenPerDay is { } often && other.Dose.TakenPerDay is { } seldom
            && decimal.Round(often, Digits) != decimal.Round(seldom, Digits))
        {
            return true;
        }

        var (first, second) = (AmountsOf(one), AmountsOf(other));

        // In milligrams first: two tablets of 2.5 are one of 5.
        foreach (var unit in first.Select(amount => amount.Unit)
            .OrderBy(unit => Amounts.IsMass(unit) ? 0 : 1)
            .ThenBy(unit => unit, StringComparer.Ordinal))
        {
            if (second.Where(amount => amount.Unit == unit).Select(amount => (decimal?)amount.Value).FirstOrDefault() is { } value)
            {
                return decimal.Round(first.First(amount => amount.Unit == unit).Value, Digits) != decimal.Round(value, Digits);
            }
        }

        return false;
    }

    /// <summary>Names of what is contained differ: perindopril arginine and perindopril tert-butylamine.</summary>
    public static bool HaveOtherSalts(Statement one, Statement other) =>
        one.Match.Set is { } first && other.Match.Set is { } second && one.Match.Product is not null && other.Match.Product is not null
        && !first.Substances.Select(substance => Names.Key(substance.Stated))
            .SequenceEqual(second.Substances.Select(substance => Names.Key(substance.Stated)));

    /// <summary>By the day, in milligrams too where the strength of one substance is known.</summary>
    private static List<Amount> AmountsOf(Statement statement)
    {
        List<Amount> daily = [.. statement.Dose.Daily];
        if (StrengthOf(statement) is { } strength
            && daily.Find(amount => amount.Unit is "tablet" or "capsule" or "suppository") is { Value: > 0 } forms
            && !daily.Exists(amount => Amounts.IsMass(amount.Unit)))
        {
            daily.Add(new Amount(forms.Value * strength, "mg"));
        }

        return daily;
    }

    private static decimal? StrengthOf(Statement statement)
    {
        if (statement.Match.Product is { Ingredients: [{ Contained: [var only] } ingredient] })
        {
            return Milligrams(only.Dose) ?? (ingredient.Therapeutic is [var acting] ? Milligrams(acting.Dose) : null);
        }

        return statement.Match.Product is null
            && statement.Fact.Medication.Ingredients is [{ Numerator: { } numerator } stated]
            && Amounts.Of(numerator) is { } amount && Amounts.IsMass(amount.Unit)
            && (stated.Denominator is null || Amounts.ValueOf(stated.Denominator) == 1m)
                ? amount.Value
                : null;
    }

    /// <summary>"97,875 mg", as published.</summary>
    private static decimal? Milligrams(string dose)
    {
        var parts = dose.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == 2 && Amounts.ValueOf(parts[0].Replace(',', '.')) is { } value
            && Amounts.Of(value, parts[1]) is var amount && Amounts.IsMass(amount.Unit)
                ? amount.Value
                : null;
    }
}
