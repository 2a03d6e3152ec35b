using System.Collections;
using Dmp.Facts.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Dmp.Server.Facts;

/// <summary>The words that a document's statements are shown with, for its index: names, displays of codes, texts.</summary>
internal static class FactDisplays
{
    private static readonly HashSet<string> shown = ["display", "text", "name", "agent_name", "product_text", "organization_name"];

    public static IReadOnlyList<string> Of(DocumentFacts facts) => [.. facts.Facts.SelectMany(Of)];

    /// <summary>Every field of these names, wherever it stands: a kind of facts that is new has them too.</summary>
    private static IEnumerable<string> Of(IMessage message) => message.Descriptor.Fields.InDeclarationOrder()
        .SelectMany(field => (field.Accessor.GetValue(message), field.FieldType) switch
        {
            (string { Length: > 0 } text, _) when shown.Contains(field.Name) => [text],
            (IMessage inner, _) => Of(inner),
            (IList items, FieldType.Message) => items.Cast<IMessage>().SelectMany(Of),
            _ => Enumerable.Empty<string>(),
        });
}
