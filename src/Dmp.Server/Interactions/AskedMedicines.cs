using Dmp.Interactions.Checks;
using Dmp.Interactions.V1;
using Dmp.Server.Errors;

namespace Dmp.Server.Interactions;

/// <summary>The medicines of a request.</summary>
internal static class AskedMedicines
{
    /// <summary>As the checker takes them; faults of each with its place.</summary>
    public static List<CheckItem> Read(IReadOnlyList<Medicine> medicines, string field, FieldFaults faults)
    {
        List<CheckItem> items = [];
        for (var i = 0; i < medicines.Count; i++)
        {
            var (code, name) = (medicines[i].ProductCode, medicines[i].SubstanceName);
            faults.Require(
                code.Length > 0 || name.Length > 0, $"{field}[{i}]", "Must have a product code or the name of a substance.");
            faults.Require(
                name.Length <= InteractionChecker.NameLengthMax,
                $"{field}[{i}].substance_name",
                $"Must have {InteractionChecker.NameLengthMax} characters at most; pictograms count twice.");
            faults.Require(
                code.Length is 0 or 7 or 8 or 13 && code.All(char.IsAsciiDigit),
                $"{field}[{i}].product_code",
                "Must be a code CIS of 8 digits, or a code CIP of 7 or 13 digits.");
            items.Add(new CheckItem
            {
                ProductCode = code.Length > 0 ? code : null,
                SubstanceName = name.Length > 0 ? name : null,
                Routes = medicines[i].Routes,
            });
        }

        return items;
    }
}
