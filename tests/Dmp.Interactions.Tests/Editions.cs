using Dmp.Interactions.Checks;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;
using Dmp.Server.Tests.Content;

namespace Dmp.Interactions.Tests;

/// <summary>The published editions, read once.</summary>
internal static class Editions
{
    private static readonly Lazy<ThesaurusReading> text2023 = new(() => TextThesaurus.Read(
        "2023-09", At("thesaurus_2023-09.layout.txt"), At("interactions_2023-09.csv")));

    private static readonly Lazy<ThesaurusReading> json2020 = new(() => JsonThesaurus.Read(
        "2020-10", At("substances_2020-10.json"), At("interactions_2020-10.json")));

    private static readonly Lazy<MedicineReading> bdpm2026 = new(() => BdpmFiles.Read("2026-05", PublishedFile.In(Folder("bdpm-2026"))));

    private static readonly Lazy<MedicineReading> bdpm2022 = new(() => BdpmFiles.Read("2022-06", PublishedFile.In(Folder("bdpm"))));

    private static readonly Lazy<InteractionChecker> checker = new(() => new InteractionChecker(Text2023.Thesaurus, Bdpm2026.Table));

    public static ThesaurusReading Text2023 => text2023.Value;

    public static ThesaurusReading Json2020 => json2020.Value;

    public static MedicineReading Bdpm2026 => bdpm2026.Value;

    public static MedicineReading Bdpm2022 => bdpm2022.Value;

    /// <summary>The newest of both.</summary>
    public static InteractionChecker Checker => checker.Value;

    public static string Folder(string name) => SharedSamples.Folder(Path.Combine("reference", name));

    public static string File(string folder, string name) => Path.Combine(Folder(folder), name);

    private static PublishedFile At(string name) => PublishedFile.At(File("ansm", name));
}
