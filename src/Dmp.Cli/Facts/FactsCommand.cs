using System.CommandLine;
using System.Globalization;
using Dmp.Facts;
using Dmp.Facts.Model;

namespace Dmp.Cli.Facts;

/// <summary><c>dmp facts read</c>: what CDA documents state, without a platform.</summary>
internal static class FactsCommand
{
    public static Command Create() => new("facts", "What CDA documents of level 3 state: from files, without a platform.") { Read() };

    private static Command Read()
    {
        var files = new Argument<FileInfo[]>("FILE") { Description = "CDA documents.", Arity = ArgumentArity.OneOrMore };
        files.AcceptExistingOnly();
        Command command = new("read", "Print what was read of each document, and what was not.") { files };
        command.SetAction(async (parsed, _) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var isWhole = true;
            foreach (var file in parsed.GetRequiredValue(files))
            {
                var reading = ReadFile(file);
                await output.WriteLineAsync(file.Name);
                foreach (var medication in reading.Medications)
                {
                    await output.WriteLineAsync($"  {medication.Source.Section,-8}  {Role(medication),-14}  {Line(medication)}");
                }

                foreach (var allergy in reading.Allergies)
                {
                    await output.WriteLineAsync($"  {allergy.Source.Section,-8}  {AllergyState(allergy),-14}  {Line(allergy)}");
                }

                foreach (var unread in reading.Unread)
                {
                    var what = $"{unread.Count} of \"{unread.SectionTitle}\": {Reason(unread.Reason)}";
                    await output.WriteLineAsync($"  {unread.Section,-8}  {"not read",-14}  {what}");
                }

                if (reading.Failure is not null)
                {
                    await output.WriteLineAsync($"  ended: {reading.Failure}");
                    isWhole = false;
                }
            }

            return isWhole ? DmpCommand.Done : DmpCommand.Refused;
        });
        return command;
    }

    public static FactReading ReadFile(FileInfo file)
    {
        using var stream = file.OpenRead();
        return CdaFactReader.Read(stream);
    }

    /// <summary>The name of a product, or the words that stand for it.</summary>
    public static string Name(MedicineProduct product) =>
        new[] { product.Name, product.Codes is [var first, ..] ? first.Display : null, product.Text }
            .FirstOrDefault(name => !string.IsNullOrWhiteSpace(name)) ?? "a product without a name";

    private static string Role(Medication medication) =>
        $"{(medication.IsNegated ? "not " : "")}{medication.Role.ToString().ToLowerInvariant()}{(medication.Subject is null ? "" : "*")}";

    private static string Line(Medication medication)
    {
        List<string> parts = [Name(medication.Product)];
        if (medication.Product.Codes.Count > 0)
        {
            parts.Add($"[{string.Join(' ', medication.Product.Codes.Select(code => code.Code))}]");
        }

        if (medication.Period is { } period && (period.Low?.Written ?? period.High?.Written) is not null)
        {
            parts.Add($"{period.Low?.Written}-{(period.High?.Written == period.Low?.Written ? "" : period.High?.Written)}".TrimEnd('-'));
        }

        foreach (var dosage in medication.Dosages)
        {
            var dose = dosage.Dose is { } range
                ? $"{Number(range.Low)}{(range.High == range.Low ? "" : $"-{Number(range.High)}")} {range.Low?.Unit}"
                : "";
            var every = dosage.Every is { Value: not null } stretch ? $"every {Number(stretch)} {stretch.Unit}" : dosage.Event ?? "";
            parts.Add($"{dose} {every}".Trim());
        }

        return string.Join(", ", parts.Where(part => part.Length > 0));
    }

    private static string AllergyState(Allergy allergy) =>
        allergy.IsNegated ? "no allergy" : allergy.IsNegatedByWords ? "words only" : "allergy";

    private static string Line(Allergy allergy)
    {
        var agent = allergy.Agent is { } named
            ? $"{named.Name ?? named.Code.Display ?? named.Code.Text} [{named.Code.Code}]"
            : allergy.Text;
        var reactions = allergy.Reactions.Select(reaction => $"{reaction.Manifestation.Display} {reaction.Severity?.Display}".Trim());
        var parts = new[] { allergy.Type?.Display, agent, allergy.Status?.Display }.Concat(reactions);
        return string.Join(", ", parts.Where(part => part is { Length: > 0 }));
    }

    private static string Number(Quantity? quantity) => quantity?.Value?.ToString(CultureInfo.InvariantCulture) ?? "";

    private static string Reason(UnreadReason reason) => reason switch
    {
        UnreadReason.OtherKind => "of another kind than is read",
        UnreadReason.NoProduct => "no product named",
        UnreadReason.TooLarge => "too large",
        _ => "more than are read",
    };
}
