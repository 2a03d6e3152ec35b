using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dmp.Record.V1;
using Dmp.Server.Errors;
using Dmp.Server.Identity;
using Dmp.Server.Options;
using Dmp.Type.V1;

namespace Dmp.Server.Records;

/// <summary>What a person's identity must look like. Pure.</summary>
internal static partial class IdentityRules
{
    private const int NameCharactersMax = 100;
    private const int GivenNamesMax = 20;

    /// <summary>The authorities that assign an INS: NIR, NIA, test, demonstration.</summary>
    public static readonly string[] InsSystems =
        ["1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"];

    /// <summary>
    /// Checks an INS. What only production refuses is a fault there and a warning in the realm <c>Test</c>, where published
    /// samples carry wrong keys.
    /// </summary>
    public static List<Warning> CheckIns(Ins? ins, Realm realm, FieldFaults faults)
    {
        var warnings = new List<Warning>();
        if (ins is null)
        {
            return warnings;
        }

        if (ins.Number.Length > 0)
        {
            if (!InsNumber().IsMatch(ins.Number))
            {
                faults.Add("ins.number", "Must have 15 characters: digits, but for 2A or 2B as the department.");
            }
            else if (!NationalIds.InsKeyIsValid(ins.Number))
            {
                RefuseInProduction("ins.number", "The key (last two digits) does not fit the number.");
            }
        }

        if (ins.System.Length > 0)
        {
            if (!InsSystems.Contains(ins.System, StringComparer.Ordinal))
            {
                faults.Add("ins.system", "Must be the OID of NIR, NIA, test or demonstration.");
            }
            else if (!IsNational(ins.System))
            {
                RefuseInProduction("ins.system", "Test and demonstration numbers are for the test realm only.");
            }
        }

        return warnings;

        void RefuseInProduction(string field, string description)
        {
            if (realm == Realm.Production)
            {
                faults.Add(field, description);
            }
            else
            {
                warnings.Add(new Warning { Field = field, Description = description });
            }
        }
    }

    /// <summary>Checks the five strict traits. Absent ones are found by <see cref="FieldFaults.Of"/>.</summary>
    public static void CheckTraits(IdentityTraits? traits, DateOnly today, FieldFaults faults)
    {
        if (traits is null)
        {
            return;
        }

        CheckName(traits.BirthFamilyName, "traits.birth_family_name", faults);
        faults.Require(
            traits.BirthGivenNames.Count <= GivenNamesMax, "traits.birth_given_names", $"Must be at most {GivenNamesMax} names.");
        for (var i = 0; i < traits.BirthGivenNames.Count; i++)
        {
            var field = $"traits.birth_given_names[{i}]";
            faults.Require(traits.BirthGivenNames[i].Length > 0, field, "Must not be empty.");
            CheckName(traits.BirthGivenNames[i], field, faults);
        }

        if (traits.BirthDate.Length > 0)
        {
            if (ReadBirthDate(traits.BirthDate) is not { } birthDate)
            {
                faults.Add("traits.birth_date", "Must be a date of the calendar as YYYY-MM-DD.");
            }
            else
            {
                faults.Require(birthDate <= today, "traits.birth_date", "Must not be in the future.");
            }
        }

        faults.Require(System.Enum.IsDefined(traits.Sex), "traits.sex", "Must be a value of Sex.");
        faults.Require(
            traits.BirthPlaceCode.Length == 0 || BirthPlaceCode().IsMatch(traits.BirthPlaceCode),
            "traits.birth_place_code",
            "Must be an INSEE code of 5 characters: digits, but for 2A or 2B as the department.");
    }

    /// <summary>Reads <c>YYYY-MM-DD</c>; null for anything else.</summary>
    public static DateOnly? ReadBirthDate(string value) =>
        DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    private static bool IsNational(string system) => system == InsSystems[0] || system == InsSystems[1];

    private static void CheckName(string name, string field, FieldFaults faults)
    {
        faults.Text(name, field, NameCharactersMax);
        faults.Require(name.Length == 0 || name.EnumerateRunes().Any(Rune.IsLetter), field, "Must contain a letter.");
    }

    [GeneratedRegex(@"^[0-9]{5}([0-9]{2}|2[AB])[0-9]{8}\z", RegexOptions.CultureInvariant)]
    private static partial Regex InsNumber();

    [GeneratedRegex(@"^([0-9]{5}|2[AB][0-9]{3})\z", RegexOptions.CultureInvariant)]
    private static partial Regex BirthPlaceCode();
}
