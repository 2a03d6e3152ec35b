using Dmp.Care.V1;
using Dmp.Facts.V1;
using Dmp.Interactions;
using Dmp.Interactions.Medicines;
using Medication = Dmp.Facts.V1.Medication;

namespace Dmp.Care.Medications;

/// <summary>By which route a statement says that a medicine is taken.</summary>
/// <param name="Group">Systemic or local; UNSPECIFIED where nothing says it.</param>
/// <param name="Stated">The route as stated, for comparison: its code, or else its words. May be empty.</param>
/// <param name="IsTold">The document says it, or its product has one kind of routes alone.</param>
internal sealed record Route(RouteGroup Group, string Stated, bool IsTold);

/// <summary>Which routes act on the whole body and which where they are applied (M4, M36).</summary>
internal static class Routes
{
    private static readonly Dictionary<string, RouteGroup> byCode = Read("code");
    private static readonly Dictionary<string, RouteGroup> byName = Read("name");
    private static readonly Dictionary<string, RouteGroup> byForm = Read("form");

    public static Route Of(Medication medication, Medicine? product)
    {
        var stated = medication.Dosages.Select(dosage => dosage.Route)
            .FirstOrDefault(route => route is not null && Stated(route) is not null);
        if (stated is not null)
        {
            var (key, group) = Stated(stated)!.Value;
            return new Route(group, key, IsTold: true);
        }

        // A route that is stated as unknown is told to be unknown, whatever follows from the product.
        var isUnknown = medication.Dosages.Any(dosage => dosage.Route is { NullFlavor.Length: > 0 });
        if (product is not null && OfProduct(product) is var ofProduct and not RouteGroup.Unspecified)
        {
            return new Route(ofProduct, "", !isUnknown);
        }

        var form = NameWords.Of(medication.Form?.Display ?? "").Concat(NameWords.Of(product?.Form)).ToList();
        var words = $" {string.Join(' ', form)} ";
        var ofForm = byForm.Where(entry => words.Contains($" {entry.Key} ", StringComparison.Ordinal))
            .Select(entry => entry.Value)
            .ToList();
        return ofForm.Count > 0 ? new Route(ofForm[0], "", !isUnknown) : new Route(RouteGroup.Unspecified, "", IsTold: false);
    }

    /// <summary>UNSPECIFIED for a product of both kinds, or of routes that the table does not have.</summary>
    public static RouteGroup OfProduct(Medicine product)
    {
        var groups = product.Routes.Select(route => byName.GetValueOrDefault(Names.Key(route))).Distinct().ToList();
        return groups.Count == 1 ? groups[0] : RouteGroup.Unspecified;
    }

    private static (string Key, RouteGroup Group)? Stated(CodedValue route)
    {
        if (byCode.TryGetValue(route.Code, out var group))
        {
            return (route.Code, group);
        }

        foreach (var words in new[] { route.Display, route.Text })
        {
            var key = Names.Key(words);
            key = key.StartsWith("voie ", StringComparison.Ordinal) && !byName.ContainsKey(key) ? key[5..] : key;
            if (byName.TryGetValue(key, out group))
            {
                return (key, group);
            }
        }

        return null;
    }

    private static Dictionary<string, RouteGroup> Read(string kind) => CareTable.Rows("routes.tsv")
        .Where(row => row[0] == kind)
        .ToDictionary(
            row => kind == "code" ? row[1] : Names.Key(row[1]),
            row => row[2] == "systemic" ? RouteGroup.Systemic : RouteGroup.Local);
}
