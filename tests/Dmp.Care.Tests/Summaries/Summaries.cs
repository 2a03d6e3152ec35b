using System.Text.Json.Nodes;
using Dmp.Care.Emergencies;
using Dmp.Care.Summaries;
using static Dmp.Care.Tests.Emergencies.Pages;

namespace Dmp.Care.Tests.Summaries;

/// <summary>Summaries of tests, and what stands in them.</summary>
internal static class Summaries
{
    public static byte[] Bytes(params CareDocument[] documents) => Bytes(Input(documents));

    public static byte[] Bytes(SummaryInput input) => IpsWriter.Write(input, EmergencySummaryBuilder.Build(input));

    public static JsonNode Ips(params CareDocument[] documents) => JsonNode.Parse(Bytes(documents))!;

    public static List<JsonNode> All(this JsonNode bundle, string type) =>
    [
        .. bundle["entry"]!.AsArray().Select(entry => entry!["resource"]!).Where(one => (string)one["resourceType"]! == type),
    ];

    public static JsonNode Composition(this JsonNode bundle) => bundle["entry"]![0]!["resource"]!;

    public static JsonNode? Section(this JsonNode bundle, string code) => bundle.Composition()["section"]!.AsArray()
        .SingleOrDefault(section => (string)section!["code"]!["coding"]![0]!["code"]! == code);

    /// <summary>The resources that a section names.</summary>
    public static List<JsonNode> In(this JsonNode bundle, string section) =>
    [
        .. bundle.Section(section)!["entry"]!.AsArray().Select(entry => bundle.At((string)entry!["reference"]!)),
    ];

    public static JsonNode At(this JsonNode bundle, string address) =>
        bundle["entry"]!.AsArray().Single(entry => (string)entry!["fullUrl"]! == address)!["resource"]!;

    public static string Div(this JsonNode section) => (string)section["text"]!["div"]!;
}
